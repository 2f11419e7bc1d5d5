// Where a process id means the same process: containers count their own.
import { readlinkSync } from 'node:fs';

/** Of this process; empty where the system has none and ids are counted for the whole computer. */
export function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

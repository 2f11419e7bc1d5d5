// Tells a process from a later one that has got the same id: after a restart of the computer ids begin anew.
import { readFileSync } from 'node:fs';
import { isAlive } from './processes.js';

/** What a name can say of the process that made it: id, boot of the computer, time of its start in that boot. */
export type ProcessMark = `${number}-${string}-${string}`;

/** A process as three words of digits and letters. Where the system does not tell boot and start, they are 0. */
export function processMark(pid = process.pid): ProcessMark {
  return `${pid}-${bootOf()}-${startOf(pid)}`;
}

/** Whether the process that bears this mark still runs; in doubt it does. */
export function isMarkAlive(mark: string): boolean {
  const [id = '', boot = UNKNOWN, start = UNKNOWN] = mark.split('-');
  const pid = Number(id);
  if (differs(boot, bootOf())) return false;
  return isAlive(pid) && !differs(start, startOf(pid));
}

const UNKNOWN = '0';

function differs(a: string, b: string): boolean {
  return a !== UNKNOWN && b !== UNKNOWN && a !== b;
}

/** Eight hex digits that are others after each restart of the computer. */
function bootOf(): string {
  return tryToRead('/proc/sys/kernel/random/boot_id')?.slice(0, 8) ?? UNKNOWN;
}

/** proc(5): the 22nd field, in clock ticks since the boot; the second one may hold spaces and brackets. */
function startOf(pid: number): string {
  const stat = tryToRead(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? UNKNOWN;
}

function tryToRead(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

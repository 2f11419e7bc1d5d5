// Damages the journals that killed processes have left, as a power cut in the middle of an append does.
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFrames, encodeFrame } from '../../../src/registry/spool/frame.js';

/** What an append that never ended would have written. */
const UNFINISHED = new TextEncoder().encode(JSON.stringify({ type: 'reserved', id: 'x'.repeat(300) }));

/**
 * Damages the log of a process that is gone at a random byte of its last frame; a reservation is never damaged, for one
 * that is not whole was never flashed: a beginning of another frame stands for it.
 *
 * @returns whether there was a log of that process
 */
export function tearJournal(dataDir: string, pid: number): boolean {
  try {
    const path = logOf(dataDir, pid);
    if (path === undefined) return false;
    const bytes = readFileSync(path);
    const last = decodeFrames(bytes).payloads.at(-1);
    const type =
      last === undefined ? undefined : (JSON.parse(Buffer.from(last).toString()) as { type: string }).type;
    if (last === undefined || type === 'reserved') appendFileSync(path, unfinishedFrame());
    else damageTail(path, bytes, encodeFrame(last).length);
    return true;
  } catch (error) {
    // Not made yet, or taken over by another process in this moment.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

function logOf(dataDir: string, pid: number): string | undefined {
  const root = join(dataDir, 'spool/keys');
  for (const name of readdirSync(root).filter((folder) => /^\d/.test(folder))) {
    const owner = JSON.parse(readFileSync(join(root, name, 'owner.json'), 'utf8')) as { pid: number };
    if (owner.pid === pid) return join(root, name, '1.log');
  }
  return undefined;
}

function unfinishedFrame(): Uint8Array {
  const frame = encodeFrame(UNFINISHED);
  return frame.subarray(0, Math.floor(Math.random() * frame.length));
}

function damageTail(path: string, bytes: Uint8Array, frameBytes: number): void {
  const at = bytes.length - 1 - Math.floor(Math.random() * frameBytes);
  if (Math.random() < 0.5) truncateSync(path, at);
  else
    writeFileSync(
      path,
      bytes.map((byte, index) => (index === at ? byte ^ 0xff : byte)),
    );
}

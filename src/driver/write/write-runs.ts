// Cuts what is to be written into what one begin command takes: runs of data, and of sectors that are only erased.
import type { Region } from './md5.js';
import { BLOCK_BYTES } from '../connect/spi-flash.js';
import { isBlank, runsOf } from './write-plan.js';

/** Offset from the start of the image. */
export interface Run extends Region {
  /** Erased flash is what the image wants there. */
  readonly isBlank: boolean;
}

/**
 * Blank sectors are only erased, which saves programming them; but a whole erase block stays in one piece, because
 * erasing 64 KB at once takes a fifth of the time of its sixteen sectors.
 * @param offsetBytes of the image, from the start of flash: a multiple of 64 KB there is where a block begins.
 */
export function runsFor(image: Uint8Array, offsetBytes: number, span: Region): readonly Run[] {
  const start = offsetBytes + span.offsetBytes;
  const firstBlock = Math.ceil(start / BLOCK_BYTES) * BLOCK_BYTES;
  const hasWholeBlock = firstBlock + BLOCK_BYTES <= start + span.sizeBytes;
  const runs = hasWholeBlock ? [span] : runsOf(image, span);
  return runs.map((run) => ({ ...run, isBlank: isBlank(image, run) }));
}

/** A ROM erases what its begin command says, however little data comes: one command for data and the blanks behind it. */
export function withBlanksBehind(runs: readonly Run[]): readonly Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const before = joined.at(-1);
    const isBehind = before !== undefined && before.offsetBytes + before.sizeBytes === run.offsetBytes;
    if (isBehind && run.isBlank && !before.isBlank)
      joined[joined.length - 1] = { ...before, sizeBytes: before.sizeBytes + run.sizeBytes };
    else joined.push(run);
  }
  return joined;
}

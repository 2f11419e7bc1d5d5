// One step of a write: a span that is erased, or given to the loader in the form that is done first.
import { isEspmintError } from '../../core/errors/index.js';
import { eraseSpan, writeSpanThen } from './flash-write.js';
import type { Answer, Loader } from '../protocol/loader.js';
import type { Work } from '../connect/loader-choice.js';
import type { Region } from './md5.js';
import type { Packed, Packer } from './packer.js';
import type { Command } from '../protocol/request.js';
import type { Session } from '../connect/session.js';
import { cheapestForm } from './span-form.js';
import { BLOCK_BYTES } from '../connect/spi-flash.js';
import { isBlank, runsOf } from './write-plan.js';

interface StepOptions {
  readonly mayOmitErase: boolean;
  /** Asked behind the last byte. */
  readonly proof: readonly Command[];
  readonly onProgress: (share: number) => void;
}

/** @returns the answers to the proof; undefined where the loader refuses to write what it has not erased. */
export async function carryOutStep(
  session: Session,
  step: Step,
  { mayOmitErase, proof, onProgress }: StepOptions,
): Promise<readonly Answer[] | undefined> {
  const { loader, chip, link } = session;
  const { beginHasEncryptWord } = chip.rom;
  const { data, ...region } = step;
  if (data === undefined) {
    await eraseSpan(loader, region, beginHasEncryptWord);
    return loader.repeatAll(proof);
  }
  const common = { beginHasEncryptWord, onProgress };
  if (loader.isStub) return writeSpanThen(loader, { ...region, ...data.packed, ...common }, proof);
  const speed = { baud: link.baud, latencyMs: latencyOf(loader) };
  const form = cheapestForm(data.bytes, data.packed, mayOmitErase, speed);
  const write = { ...form, ...common, offsetBytes: region.offsetBytes + form.skipBytes };
  return writeSpanThen(loader, write, proof).catch((error: unknown) => {
    if (form.eraseBytes === 0 && isEspmintError(error, 'LOADER_REFUSED')) return undefined;
    throw error;
  });
}

/** Offset from the start of flash. */
export interface Step extends Region {
  /** Absent: erased flash is what the image wants there. */
  readonly data?: Packed;
}

export function workOf(runs: readonly Run[], packer: Packer): Work {
  const packed = runs.flatMap((run) => (run.isBlank ? [] : packer.pack(run).packed));
  return {
    kind: 'write',
    wireBytes: packed.reduce((sum, { stream }) => sum + stream.length, 0),
    flashBytes: packed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

/** @param offsetBytes of the image, from the start of flash. */
export function stepFor(offsetBytes: number, run: Run, packer: Packer): Step {
  const step = { offsetBytes: offsetBytes + run.offsetBytes, sizeBytes: run.sizeBytes };
  return run.isBlank ? step : { ...step, data: packer.pack(run) };
}

/** Milliseconds that a round trip takes beyond its bytes, 0 where none was measured. */
export const latencyOf = ({ latencyMs }: Loader): number => (Number.isFinite(latencyMs) ? latencyMs : 0);

// Cuts what is to be written into what one begin command takes: runs of data, and of sectors that are only erased.

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

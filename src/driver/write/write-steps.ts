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
import type { Run } from './write-runs.js';

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

// Brings a region of flash to the bytes of an image: compares, writes what differs, mends what fails on the way.
import { EspmintError, isEspmintError } from '../core/errors/index.js';
import { ERASE_SECTOR_MS } from './flash-times.js';
import { eraseSpan, writeSpan, writeSpanThen } from './flash-write.js';
import type { Loader } from './loader.js';
import type { Work } from './loader-choice.js';
import { prepareFor } from './loader-switch.js';
import { digestOf, flashMd5, md5Command, type Region } from './md5.js';
import { checkRegion } from './region.js';
import { isBadLink, type Session } from './session.js';
import { Packer, type Packed } from './packer.js';
import { cheapestForm } from './span-form.js';
import { BLOCK_BYTES, SECTOR_BYTES } from './spi-flash.js';
import { WriteGuard } from './write-guard.js';
import { meanwhile } from './wait.js';
import { isBlank, planWrite, runsOf, type WritePlan } from './write-plan.js';

export interface ImageAt {
  /** Bytes from the start of flash, whole sectors. */
  readonly offsetBytes: number;
  /** Whole sectors. */
  readonly image: Uint8Array;
}

export interface WriteOptions {
  /** 0 to 100, never falling. */
  readonly onProgress?: ((percent: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteReport {
  /** What the region held before. */
  readonly found: WritePlan['found'];
  readonly sectors: number;
  /** Those that were erased and written. */
  readonly sectorsWritten: number;
}

/**
 * Rounds of compare and write: enough for two at each rate. A new round proves first what the last one left behind.
 */
const ROUNDS = 6;

/**
 * @throws REGION_INVALID, FLASH_WRITE_FAILED, FLASH_CHANGED_OUTSIDE, LINK_TIMEOUT and LINK_DAMAGED (no rate is left),
 * LINK_CLOSED, CHIP_CHANGED, CANCELLED
 */
export async function writeRegion(
  session: Session,
  target: ImageAt,
  options: WriteOptions,
): Promise<WriteReport> {
  checkRegion({ offsetBytes: target.offsetBytes, sizeBytes: target.image.length }, session.place);
  const guard = new WriteGuard(session, { offsetBytes: target.offsetBytes, sizeBytes: target.image.length });
  const progress = risingProgress(options.onProgress);
  const { signal } = options;
  let found: WritePlan['found'] | undefined;
  let sectorsWritten = 0;
  const packer = new Packer(target.image);
  for (let round = 1; ; round++) {
    const [plan] = await meanwhile(comparePlan(session, target, signal), () => {
      packer.prepare();
    });
    found ??= plan.found;
    try {
      const isPlaced = await carryOut(session, target, plan, {
        guard,
        packer,
        progress,
        signal,
        onSpan: (sectors) => (sectorsWritten += sectors),
      });
      await guard.release(signal, isPlaced && round === 1);
      progress(100);
      return { found, sectors: target.image.length / SECTOR_BYTES, sectorsWritten };
    } catch (error) {
      await mendOrThrow(session, target, error, round);
    }
  }
}

async function comparePlan(
  session: Session,
  target: ImageAt,
  signal: AbortSignal | undefined,
): Promise<WritePlan> {
  const at = (span: Region): Region => ({ ...span, offsetBytes: target.offsetBytes + span.offsetBytes });
  const ask = (span: Region): Promise<string> => session.run((loader) => flashMd5(loader, at(span)), signal);
  return planWrite(target.image, ask, questionShare(session));
}

/** Request and reply of an MD5 by the ROM, and what the chip needs for a few sectors. */
const QUESTION_WIRE_BYTES = 72;
const QUESTION_CHIP_MS = 2;

function questionShare({ loader, link }: Session): number {
  return (
    (latencyOf(loader) + QUESTION_CHIP_MS + (QUESTION_WIRE_BYTES * 10_000) / link.baud) / ERASE_SECTOR_MS
  );
}

const latencyOf = ({ latencyMs }: Loader): number => (Number.isFinite(latencyMs) ? latencyMs : 0);

interface Progressing {
  readonly guard: WriteGuard;
  readonly packer: Packer;
  readonly progress: (percent: number) => void;
  readonly signal: AbortSignal | undefined;
  readonly onSpan: (sectors: number) => void;
}

/** @returns whether each step is proven to have been written where it belongs. */
async function carryOut(
  session: Session,
  target: ImageAt,
  plan: WritePlan,
  options: Progressing,
): Promise<boolean> {
  const steps = plan.spans.flatMap((span) => stepsFor(target, span, options.packer));
  const total = steps.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  session.loader.signal = options.signal;
  await prepareFor(session, workOf(steps));
  if (steps.length > 0) await options.guard.arm(options.signal);
  const isErased = plan.found === 'blank';
  // The region differs as a whole, so where there is one step it is that one's place that differs.
  const isKnownToDiffer = isErased || steps.length === 1;
  let arePlaced = isKnownToDiffer;
  let done = 0;
  for (const step of steps) {
    const onProgress = (share: number): void => {
      options.progress(Math.floor((100 * (done + share * step.sizeBytes)) / total));
    };
    onProgress(0);
    const isPlaced = await carryOutStep(session, step, { isErased, isKnownToDiffer, onProgress });
    arePlaced &&= isPlaced;
    done += step.sizeBytes;
    onProgress(0);
    options.onSpan(step.sizeBytes / SECTOR_BYTES);
  }
  return arePlaced;
}

interface StepOptions {
  readonly isErased: boolean;
  readonly isKnownToDiffer: boolean;
  readonly onProgress: (share: number) => void;
}

/** @returns whether the step is proven to have been written where it belongs. */
async function carryOutStep(session: Session, step: Step, options: StepOptions): Promise<boolean> {
  const { loader, chip, link } = session;
  const { beginHasEncryptWord } = chip.rom;
  const { data, ...region } = step;
  if (data === undefined) {
    await eraseSpan(loader, region, beginHasEncryptWord);
    return false;
  }
  const common = { beginHasEncryptWord, onProgress: options.onProgress };
  if (loader.isStub) {
    await writeSpan(loader, { ...region, ...data.packed, ...common });
    return false;
  }
  const speed = { baud: link.baud, latencyMs: latencyOf(loader) };
  const form = cheapestForm(data.bytes, data.packed, options.isErased, speed);
  const write = { ...form, ...common, offsetBytes: region.offsetBytes + form.skipBytes };
  const proof = options.isKnownToDiffer ? [md5Command(region)] : [];
  const isShort = form.eraseBytes === 0;
  const answers = await writeSpanThen(loader, write, proof).catch((error: unknown) => {
    if (isShort && isEspmintError(error, 'LOADER_REFUSED')) return undefined;
    throw error;
  });
  const [answer] = answers ?? [];
  if (answers !== undefined && answer === undefined) return false;
  if (answer !== undefined && digestOf(answer) === data.md5) return true;
  if (!isShort) return false;
  // It was not as blank as it said, or the ROM does not write without erasing: once more, the long way.
  const reason = answers === undefined ? 'the loader refuses it' : 'the flash does not hold what was written';
  session.onEvent?.({ type: 'retry', what: 'write', reason });
  await carryOutStep(session, step, { ...options, isErased: false });
  // Where the first one went is not known.
  return false;
}

/** Offset from the start of flash. */
interface Step extends Region {
  /** Absent: erased flash is what the image wants there. */
  readonly data?: Packed;
}

function workOf(steps: readonly Step[]): Work {
  const packed = steps.flatMap(({ data }) => data?.packed ?? []);
  return {
    kind: 'write',
    wireBytes: packed.reduce((sum, { stream }) => sum + stream.length, 0),
    flashBytes: packed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

/**
 * Blank sectors are only erased, which saves programming them; but a whole erase block stays in one piece, because
 * erasing 64 KB at once takes a fifth of the time of its sixteen sectors.
 */
function stepsFor({ offsetBytes, image }: ImageAt, span: Region, packer: Packer): Step[] {
  const start = offsetBytes + span.offsetBytes;
  const firstBlock = Math.ceil(start / BLOCK_BYTES) * BLOCK_BYTES;
  const hasWholeBlock = firstBlock + BLOCK_BYTES <= start + span.sizeBytes;
  const runs = hasWholeBlock ? [span] : runsOf(image, span);
  return runs.map((run) => {
    const step = { offsetBytes: offsetBytes + run.offsetBytes, sizeBytes: run.sizeBytes };
    return isBlank(image, run) ? step : { ...step, data: packer.pack(run) };
  });
}

/** After a failed round: makes the link fit for another, or gives up. */
async function mendOrThrow(session: Session, target: ImageAt, error: unknown, round: number): Promise<void> {
  if (!isEspmintError(error) || !isBadLink(error)) throw error;
  const reason = isEspmintError(error, 'LOADER_REFUSED') ? error.details.meaning : error.code;
  if (round >= ROUNDS)
    throw isEspmintError(error, 'LOADER_REFUSED') ? writeFailure(session, target, reason, error) : error;
  session.onEvent?.({ type: 'retry', what: 'write', reason });
  // Once is bad luck: the loader is found again where it is. Twice is a bad link, for as long as there are lower rates.
  if (round > 1 && session.canFallBack) await session.recover(error);
  else await resyncOrRecover(session, error);
}

async function resyncOrRecover(session: Session, error: EspmintError): Promise<void> {
  try {
    await session.loader.resync(error);
  } catch (lost) {
    if (lost !== error) throw lost;
    if (session.canFallBack) await session.recover(error);
    else await session.reconnect();
  }
}

function writeFailure(session: Session, target: ImageAt, reason: string, cause: EspmintError): EspmintError {
  const { offsetBytes: offset, image } = target;
  const details = { port: session.link.address, offset, size: image.length, reason };
  return new EspmintError('FLASH_WRITE_FAILED', details, { cause });
}

function risingProgress(onProgress: WriteOptions['onProgress']): (percent: number) => void {
  let highest = -1;
  return (percent) => {
    if (percent <= highest) return;
    highest = percent;
    onProgress?.(percent);
  };
}

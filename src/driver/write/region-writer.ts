// Brings a region of flash to the bytes of an image: compares, writes what differs, mends what fails on the way.
import { isEspmintError } from '../../core/errors/index.js';
import { prepareFor } from '../connect/loader-switch.js';
import { digestOf, flashMd5, md5Command, type Region, regionDigest, type RegionDigest } from './md5.js';
import { checkRegion, type ImageAt } from './region.js';
import type { Session } from '../connect/session.js';
import { Packer } from './packer.js';
import { ERASE_SECTOR_MS, SECTOR_BYTES } from '../connect/spi-flash.js';
import { WriteGuard } from './write-guard.js';
import { checkKept } from './lost-write.js';
import { mendOrThrow } from './write-recovery.js';
import {
  runsFor,
  withBlanksBehind,
  carryOutStep,
  latencyOf,
  stepFor,
  workOf,
  type Step,
} from './write-steps.js';
import { meanwhile } from '../wait.js';
import {
  firstQuestions,
  holds,
  planOfAll,
  planWrite,
  questionOfAll,
  type FirstQuestion,
  type WritePlan,
} from './write-plan.js';

export interface WriteOptions {
  /** 0 to 100, never falling. */
  readonly onProgress?: ((percent: number) => void) | undefined;
  /**
   * Writes all of the image without asking first what is there, and leaves the proof to `verifyRegion`: for what is known
   * to be new on this board, where two more MD5s of megabytes would only cost time.
   */
  readonly isNew?: boolean | undefined;
  /** Other boards get this very image too, and nobody changes it: it is packed once. */
  readonly isShared?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteReport {
  /** What the region held before. */
  readonly found: WritePlan['found'];
  readonly sectors: number;
  /** Those that were erased and written. */
  readonly sectorsWritten: number;
}

/** What a write gives to the rest of the driver. */
export interface Written {
  readonly report: WriteReport;
  /** The chip's word for the whole region, asked behind the last byte; absent where there was none. */
  readonly digest: RegionDigest | undefined;
}

/**
 * @throws REGION_INVALID, FLASH_WRITE_FAILED, FLASH_WORN, FLASH_CHANGED_OUTSIDE, LINK_TIMEOUT and LINK_DAMAGED (no rate is left),
 * LINK_CLOSED, CHIP_CHANGED, CANCELLED
 */
export async function writeRegion(
  session: Session,
  target: ImageAt,
  options: WriteOptions,
): Promise<Written> {
  const region = regionOf(target);
  checkRegion(region, session.place);
  const guard = new WriteGuard(session, region);
  const packer = options.isShared === true ? Packer.of(target.image) : new Packer(target.image);
  const progress = risingProgress(options.onProgress);
  const { signal } = options;
  let found: WritePlan['found'] | undefined;
  let sectorsWritten = 0;
  let unconfirmed = 0;
  const onSpan = (sectors: number): void => void (sectorsWritten += sectors);
  const job: Job = { session, target, guard, packer, progress, signal, onSpan };
  for (let round = 1; ; round++) {
    const isFirst = round === 1;
    const isUnasked = isFirst && options.isNew === true;
    const plan = isUnasked
      ? planOfAll(target.image)
      : await lookAndPlan(job, isFirst ? firstQuestions(target.image) : questionOfAll(target.image));
    try {
      const mayOmitErase = isFirst && plan.found === 'blank';
      const outcome = await carryOut(job, plan, { mayOmitErase, isUnasked });
      if (outcome.reason !== undefined) {
        unconfirmed += 1;
        // The rest was not as it looked, or the ROM does not write without erasing: once more, the long way.
        if (unconfirmed === 1) {
          session.onEvent?.({ type: 'retry', what: 'write', reason: outcome.reason });
          continue;
        }
        await checkKept(session, target, { signal });
      }
      found ??= plan.found;
      await guard.release(signal, isFirst && outcome.arePlaced);
      progress(100);
      const sectors = target.image.length / SECTOR_BYTES;
      return { report: { found, sectors, sectorsWritten }, digest: outcome.digest };
    } catch (error) {
      found ??= plan.found;
      await mendOrThrow(session, region, error, round);
      if (!isEspmintError(error, 'LOADER_REFUSED')) continue;
      unconfirmed += 1;
      if (unconfirmed > 1) await checkKept(session, target, { signal, wasRefused: true });
    }
  }
}

/** What stays the same over the rounds of one write. */
interface Job {
  readonly session: Session;
  readonly target: ImageAt;
  readonly guard: WriteGuard;
  readonly packer: Packer;
  readonly progress: (percent: number) => void;
  readonly signal: AbortSignal | undefined;
  readonly onSpan: (sectors: number) => void;
}

/** @param questions go out together with what the guard asks. */
async function lookAndPlan(job: Job, questions: readonly FirstQuestion[]): Promise<WritePlan> {
  const { session, target, guard, packer, signal } = job;
  const at = (span: Region): Region => ({ ...span, offsetBytes: target.offsetBytes + span.offsetBytes });
  const [answers] = await meanwhile(
    guard.arm(
      questions.map(({ span }) => md5Command(at(span))),
      signal,
    ),
    () => packer.prepare(),
  );
  const ask = (span: Region): Promise<string> => session.run((loader) => flashMd5(loader, at(span)), signal);
  return planWrite(target.image, { questions, digests: answers.map(digestOf) }, ask, questionShare(session));
}

/** Request and reply of an MD5 by the ROM, and what the chip needs for a few sectors. */
const QUESTION_WIRE_BYTES = 72;
const QUESTION_CHIP_MS = 2;

function questionShare({ loader, link }: Session): number {
  return (
    (latencyOf(loader) + QUESTION_CHIP_MS + (QUESTION_WIRE_BYTES * 10_000) / link.baud) / ERASE_SECTOR_MS
  );
}

interface Outcome {
  readonly digest?: RegionDigest;
  /** Whether each begin command is proven to have arrived as it was sent. */
  readonly arePlaced: boolean;
  /** Why the image is not there, in words; absent where it is, by the chip's MD5 behind it all. */
  readonly reason?: string;
}

interface HowToWrite {
  /** Where the data goes the flash is known to be blank. */
  readonly mayOmitErase: boolean;
  /** Nothing was asked before, and nothing is asked behind it. */
  readonly isUnasked: boolean;
}

async function carryOut(
  job: Job,
  plan: WritePlan,
  { mayOmitErase, isUnasked }: HowToWrite,
): Promise<Outcome> {
  const { session, target, guard, packer, signal } = job;
  const runs = plan.spans.flatMap((span) => runsFor(target.image, target.offsetBytes, span));
  session.loader.signal = signal;
  await prepareFor(session, workOf(runs, packer));
  const steps = (session.loader.isStub ? runs : withBlanksBehind(runs)).map((run) =>
    stepFor(target.offsetBytes, run, packer),
  );
  const total = steps.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (steps.length > 0 && !guard.isReady) await guard.arm([], signal);
  let done = 0;
  let digest: RegionDigest | undefined;
  for (const [index, step] of steps.entries()) {
    const isLast = index === steps.length - 1;
    const onProgress = (share: number): void =>
      job.progress(Math.floor((100 * (done + share * step.sizeBytes)) / total));
    onProgress(0);
    const proof = isLast && !isUnasked ? [md5Command(regionOf(target))] : [];
    const answers = await carryOutStep(session, step, { mayOmitErase, proof, onProgress });
    if (answers === undefined) return { arePlaced: false, reason: 'the loader refuses it' };
    done += step.sizeBytes;
    onProgress(0);
    job.onSpan(step.sizeBytes / SECTOR_BYTES);
    const [answer] = answers;
    if (answer !== undefined) digest = regionDigest(session.loader, regionOf(target), digestOf(answer));
  }
  if (isUnasked) return { arePlaced: false };
  const arePlaced = steps.every((step) => showsItsPlace(step, target, plan, steps.length));
  if (plan.found === 'equal') digest = regionDigest(session.loader, regionOf(target), packer.md5);
  const said = digest && { digest };
  if (digest?.md5 === packer.md5) return { arePlaced, ...said };
  return { arePlaced: false, reason: 'the flash does not hold what was written', ...said };
}

/**
 * Whether the image being there proves that the step's begin command arrived as it was sent: its data stands where it was
 * meant, and did not before. An erase alone may have begun elsewhere and still have reached what was not blank.
 */
function showsItsPlace(
  step: Step,
  { offsetBytes }: ImageAt,
  { different }: WritePlan,
  steps: number,
): boolean {
  if (step.data === undefined) return false;
  const inImage = { offsetBytes: step.offsetBytes - offsetBytes, sizeBytes: step.sizeBytes };
  // The region differs as a whole, so where there is one step it is that one's place that differs.
  return steps === 1 || different.some((span) => holds(inImage, span));
}

const regionOf = ({ offsetBytes, image }: ImageAt): Region => ({ offsetBytes, sizeBytes: image.length });

function risingProgress(onProgress: WriteOptions['onProgress']): (percent: number) => void {
  let highest = -1;
  return (percent) => {
    if (percent <= highest) return;
    highest = percent;
    onProgress?.(percent);
  };
}

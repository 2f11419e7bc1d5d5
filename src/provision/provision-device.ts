// The way of one device, from an open port to a confirmed registry entry. Reads as a table of contents.
import type { FlashImage } from '../core/flash-image.js';
import { bootLogOf, CATALOG, conflictOf, EspmintError, EXIT, toEspmintError } from '../core/errors/index.js';
import type { Failed, Passed, ProvisionEvent, ProvisionResult, Stage, WifiRecord } from '../core/stages.js';
import { type Board, BOARD_TIMEOUT_MS } from '../driver/index.js';
import type { BoardValues } from '../core/values/rows.js';
import type { Reservation } from '../registry/index.js';
import type { Admission } from './admission.js';
import { attemptTimings } from './attempt-facts.js';
import { boardSecrets, checkBoot, type Started } from './boot-check.js';
import { failedWifi, handOver, handOverMs, wifiModeOf } from './wifi/hand-over.js';
import { needsWpsTurn, takeWpsTurn } from './wifi/hand-over-air.js';
import type { Origin, ProvisionParts, Try } from './parts.js';
import type { ProvisionPlan } from './plan/plan.js';
import { RunDeadline } from './run-deadline.js';
import { settleOpen } from './settle-open.js';
import { StageClock } from './stage-clock.js';
import {
  admit,
  type BoardLayout,
  buildImage,
  claimValues,
  confirm,
  connect,
  holdsEarlier,
  identify,
  type Identity,
  type Ingredients,
  inspect,
  noteImage,
  reserve,
  reset,
  screen,
  verify,
  write,
} from './steps.js';
import { withOwnWifi } from './plan/own-wifi.js';
import { requireBootProof } from './flash/unproven.js';

export interface ProvisionOptions {
  readonly onEvent?: (event: ProvisionEvent) => void;
  readonly signal?: AbortSignal | undefined;
  /** For the record of the attempts. */
  readonly origin?: Origin | undefined;
}

/**
 * Provisions the board at one port. Never throws: every ending is a result event, which is also returned.
 * A failure of the link or the board is tried again from the start, `plan.attempts` times in all; the reservation
 * keeps the key the same over all tries.
 */
export async function provisionDevice(
  port: string,
  plan: ProvisionPlan,
  parts: ProvisionParts,
  options: ProvisionOptions = {},
): Promise<ProvisionResult> {
  const emit = options.onEvent ?? (() => undefined);
  const { origin = {}, signal } = options;
  const run: Try = { port, plan, parts, emit, signal, origin, started: performance.now() };
  if (!needsWpsTurn(plan)) return provisionNow(run);
  let giveOn: () => void;
  try {
    // Before its time runs, and before its port is opened.
    giveOn = await takeWpsTurn(run);
  } catch (error) {
    const result = failure(run, toEspmintError(error), 'connect', {}, undefined);
    emit(result);
    return result;
  }
  try {
    return await provisionNow({ ...run, started: performance.now() });
  } finally {
    giveOn();
  }
}

async function provisionNow(run: Try): Promise<ProvisionResult> {
  const timeoutMs = run.plan.timeoutMs ?? BOARD_TIMEOUT_MS + run.plan.attempts * firmwareMs(run.plan);
  const deadline = new RunDeadline(timeoutMs);
  const emit = (event: ProvisionEvent): void => {
    deadline.follow(event);
    run.emit(event);
  };
  try {
    return await provisionWithin({ ...run, emit }, { timeoutMs, deadline: deadline.signal });
  } finally {
    deadline.close();
  }
}

async function provisionWithin(
  run: Try,
  { timeoutMs, deadline }: { readonly timeoutMs: number; readonly deadline: AbortSignal },
): Promise<ProvisionResult> {
  const { port, plan, emit } = run;
  const signal = run.signal === undefined ? deadline : AbortSignal.any([run.signal, deadline]);
  for (let attempt = 1; ; attempt++) {
    emit({ type: 'attempt', port, attempt, of: plan.attempts });
    const tried = await tryOnce({ ...run, signal });
    const isLate = deadline.aborted && run.signal?.aborted !== true;
    const result = isLate
      ? asFailed(tried, new EspmintError('RUN_TIMED_OUT', { port, timeoutMs }))
      : isGone(tried, attempt)
        ? asFailed(tried, new EspmintError('BOARD_REMOVED', { port }))
        : tried;
    if (result.ok || signal.aborted || attempt >= plan.attempts || !worthAnotherTry(result, attempt)) {
      emit(result);
      return result;
    }
    // The next one follows by itself: nobody should run for the board because of this.
    const message = `attempt ${attempt} of ${plan.attempts} failed: ${result.message}`;
    emit({ type: 'warning', port, code: result.code, message });
  }
}

/** What the board's firmware may take, beside the loader. */
const firmwareMs = ({ boot, join, handOver: how }: ProvisionPlan): number =>
  Math.max(boot?.timeoutMs ?? 0, join?.timeoutMs ?? 0) + (how === undefined ? 0 : handOverMs(how));

/** A board that earlier tries have met, and whose port is no more, was pulled. */
function isGone(tried: ProvisionResult, attempt: number): boolean {
  return !tried.ok && tried.code === 'PORT_NOT_FOUND' && attempt > 1;
}

/** A try that was ended from outside failed by that, whatever it was doing. */
function asFailed(tried: ProvisionResult, error: EspmintError): ProvisionResult {
  if (tried.ok) return tried;
  const { code, message, next, retryable } = error;
  return { ...tried, code, message, next, retryable };
}

async function tryOnce(run: Try): Promise<ProvisionResult> {
  const clock = new StageClock(run);
  const known: { mac?: string; uuid?: string } = {};
  const onFailure: FailureListener[] = [];
  /** What the board printed while it was handed its network. */
  const lines: string[] = [];
  let board: Board | undefined;
  /** With the board's own network, once it is known. */
  let tried = run;
  try {
    const connected = (board = await clock.stage('connect', () => connect(run)));
    const layout = await clock.stage('inspect', () => inspect(run, connected));
    const { identity, admission } = await clock.stage('identify', () => {
      const derived = identify(run, connected);
      Object.assign(known, namesOf(derived));
      return admit(run, derived);
    });
    Object.assign(known, namesOf(identity));
    if (admission !== undefined) onFailure.push((failed) => admission.failed(failed));
    const claim = (): ReturnType<typeof claimValues> => claimValues(run, identity, admission);
    const own = run.plan.values && (await clock.stage('reserve', claim));
    tried = withOwnWifi(run, own);
    const unit: Unit = {
      run: tried,
      clock,
      board: connected,
      layout,
      identity,
      admission,
      own,
    };
    const earlier = (await recognise(unit)) ?? (await settle(unit));
    if (earlier !== undefined) await screen(run, connected, identity);
    const { image, reservation, baud } = earlier ?? (await makeNew(unit, onFailure));
    await clock.stage('reset', () => reset(connected));
    const wifi = await checkStart(unit, reservation, lines);
    // Nothing more is asked of the board: whoever waits for a label's scan now has its port free, and watched.
    await connected.close();
    const { chip } = connected.facts;
    const timings = baud === undefined ? undefined : { ...attemptTimings(clock.durations, baud), wifi };
    await clock.stage('confirm', () =>
      confirm(run, { identity, chip, image, reservation, timings, admission }),
    );
    return { ...passed(unit, image, earlier !== undefined), ...(wifi === undefined ? {} : { wifi }) };
  } catch (thrown) {
    const error = toEspmintError(thrown);
    // The reservation stays: its key may be on the chip. Only the reason is noted, and only if that is possible.
    const stage = clock.current;
    const isWifi = stage === 'join' || (stage === 'boot' && tried.plan.handOver === undefined);
    const log = stage === 'join' ? lines : bootLogOf(error);
    const wifi = isWifi ? failedWifi(tried.plan, error) : undefined;
    const failed = { code: error.code, stage, log, wifi };
    await Promise.allSettled(onFailure.map((listener) => listener(failed)));
    return { ...failure(run, error, stage, known, log), ...(wifi === undefined ? {} : { wifi }) };
  } finally {
    await board?.close();
  }
}

/** What events tell of an identity. */
const namesOf = ({ mac, uuid }: Identity): Pick<Identity, 'mac' | 'uuid'> => ({ mac, uuid });

type FailureListener = (failed: {
  readonly code: string;
  readonly stage: Stage;
  readonly log?: readonly string[] | undefined;
  readonly wifi?: WifiRecord | undefined;
}) => Promise<void>;

/** One board of one try, once it is known and welcome. */
interface Unit {
  readonly run: Try;
  readonly clock: StageClock;
  readonly board: Board;
  readonly layout: BoardLayout;
  readonly identity: Identity;
  readonly admission: Admission | undefined;
  readonly own: BoardValues | undefined;
}

interface Held {
  readonly image: FlashImage;
  readonly reservation?: Reservation;
  /** Bits per second that the link bore before the reset. */
  readonly baud?: number;
}

/**
 * A board that is not on its network yet is not done, whatever its flash holds; and one with an encrypted NVS is judged
 * together with the key beside it, which only a run with the device's own key can tell.
 */
const isDoneInFlash = ({ handOver: how, encryption }: ProvisionPlan): boolean =>
  how === undefined && encryption === undefined;

/** What such a board holds cannot be known, so nothing is recognised by it. */
const isUnreadable = (board: Board): boolean => board.security.secureDownload;

/** A device that is good already stays untouched, unless it is to get a new key. */
async function recognise(unit: Unit): Promise<Held | undefined> {
  const { run, clock, board, admission } = unit;
  const earlier = admission?.earlier;
  if (earlier === undefined || run.plan.known === 'rotate' || isUnreadable(board)) return undefined;
  if (!isDoneInFlash(run.plan)) return undefined;
  const holds = await clock.stage('verify', () => holdsEarlier(run, board, ingredientsOf(unit), earlier));
  return holds ? { image: earlier } : undefined;
}

/**
 * A reservation that a crash has left open is settled by what the chip holds. Who refuses known boards gets this one
 * as it is; with `keep` the flow goes on with the settled key, and finds nothing to write if nothing else has changed;
 * with `rotate` the reservation takes its key up again.
 */
async function settle(unit: Unit): Promise<Held | undefined> {
  const { run, clock, board, identity } = unit;
  const { known } = run.plan;
  if (known === 'rotate' || isUnreadable(board) || !isDoneInFlash(run.plan)) return undefined;
  const holds = (image: FlashImage): Promise<boolean> =>
    clock.stage('verify', () => holdsEarlier(run, board, ingredientsOf(unit), image));
  const image = await settleOpen(run, identity, holds);
  return image !== undefined && known === 'refuse' ? { image } : undefined;
}

/** What all bytes of a board are made of, beside its key. */
const ingredientsOf = ({ identity, layout, admission, own }: Unit): Omit<Ingredients, 'reservation'> => ({
  identity,
  layout,
  serial: admission?.serial,
  own,
});

async function makeNew(unit: Unit, onFailure: FailureListener[]): Promise<Required<Held>> {
  const { run, clock, board, layout, identity, admission } = unit;
  const reservation = await clock.stage('reserve', () =>
    reserve(run, board, identity, { admission, app: layout.app }),
  );
  const before: { resetBaud?: number } = {};
  onFailure.push((failed) => {
    const timings = attemptTimings(clock.durations, before.resetBaud ?? board.baud);
    return run.parts.registry.fail(reservation.id, { ...failed, ...timings });
  });
  const built = await clock.stage('build', async () => {
    const made = await buildImage(run, board, { ...ingredientsOf(unit), reservation });
    await noteImage(run, reservation, made);
    return made;
  });
  const written = await clock.stage('write', () => write(run, board, built));
  await clock.stage('verify', () => verify(run, board, built, written));
  const { baud } = board;
  before.resetBaud = baud;
  return { image: built.image, reservation, baud };
}

/**
 * Listens to the firmware where the plan says so, and hands it its network; of a board that proves nothing else, its word
 * is the proof.
 * @returns what the attempt keeps of the board's Wi-Fi
 */
async function checkStart(
  { run, clock, board, identity, own }: Unit,
  reservation: Reservation | undefined,
  lines: string[],
): Promise<WifiRecord | undefined> {
  const { plan } = run;
  const listens = plan.boot !== undefined || plan.join !== undefined;
  const listen = listens ? (): Promise<Started> => checkBoot(run, board, reservation?.psk, own) : undefined;
  const started = listen && (await clock.stage('boot', listen));
  if (isUnreadable(board)) {
    const known = reservation?.known === 'provisioned';
    requireBootProof({ port: run.port, uuid: identity.uuid, known }, started?.report);
  }
  const mode = wifiModeOf(plan);
  if (mode === undefined) return undefined;
  if (plan.handOver === undefined || reservation === undefined) {
    const { joined } = started ?? {};
    const ssid = plan.wifi?.ssid;
    if (joined === undefined) return { mode, result: 'not-asked', ssid };
    return { mode, result: 'joined', ssid, proof: 'log', address: joined.address };
  }
  const { psk } = reservation;
  const keep = { onLine: (line: string) => keepLine(lines, line), secrets: boardSecrets(plan, psk, own) };
  return clock.stage('join', () => handOver(run, board, psk, keep));
}

const KEPT_LINES = 40;

/** The last ones, in order. */
function keepLine(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > KEPT_LINES) lines.shift();
}

function passed(unit: Unit, image: FlashImage, alreadyDone: boolean): Passed {
  const { run, clock, board, identity, admission } = unit;
  return {
    type: 'result',
    ok: true,
    port: run.port,
    chip: board.facts.chip,
    ...namesOf(identity),
    ...(admission?.serial === undefined ? {} : { serial: admission.serial }),
    image,
    ...(alreadyDone ? { alreadyDone } : {}),
    durationMs: performance.now() - run.started,
    stagesMs: clock.durations,
  };
}

function failure(
  run: Try,
  error: EspmintError,
  stage: Stage,
  known: { mac?: string; uuid?: string },
  log: readonly string[] | undefined,
): Failed {
  const conflict = conflictOf(error);
  return {
    type: 'result',
    ok: false,
    port: run.port,
    code: error.code,
    message: error.message,
    next: error.next,
    stage,
    retryable: error.retryable,
    ...known,
    ...(conflict === undefined ? {} : { conflict }),
    ...(log === undefined || log.length === 0 ? {} : { log }),
    durationMs: performance.now() - run.started,
  };
}

/** Exit codes of the failures that a new connection can cure. */
const CURABLE: readonly number[] = [EXIT.link, EXIT.board, EXIT.proof];

/** A board that got as far as `confirm` is proven: writing it again cures neither printer nor label. */
function worthAnotherTry({ port, retryable, stage, code }: Failed, attempt: number): boolean {
  // A name that nothing is plugged in under. Later on it is a board that fell off the bus and may come back.
  const isNobodyThere = code === 'PORT_NOT_FOUND' || (code === 'PORT_UNREACHABLE' && port.includes('://'));
  if (isNobodyThere && attempt === 1) return false;
  // Nobody pressed the button: who is asked again minutes later is not there either.
  if (code === 'WPS_WINDOW_OVER') return false;
  return retryable && stage !== 'confirm' && CURABLE.includes(CATALOG[code].exit);
}

// The way of one device, from an open port to a confirmed registry entry. Reads as a table of contents.
import { CATALOG, EXIT, toEspmintError, type EspmintError } from '../core/errors/index.js';
import type { Failed, ProvisionEvent, ProvisionResult, Stage } from '../core/stages.js';
import type { Board } from '../driver/index.js';
import { buildImage, confirm, connect, identify, inspect, reserve, reset, verify, write } from './steps.js';
import type { ProvisionParts } from './parts.js';
import type { ProvisionPlan } from './plan.js';
import { StageClock } from './stage-clock.js';
import type { Try } from './try.js';

export interface ProvisionOptions {
  readonly onEvent?: (event: ProvisionEvent) => void;
  readonly signal?: AbortSignal | undefined;
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
  const started = performance.now();
  for (let attempt = 1; ; attempt++) {
    emit({ type: 'attempt', port, attempt, of: plan.attempts });
    const result = await tryOnce({ port, plan, parts, emit, signal: options.signal, started });
    if (result.ok || attempt >= plan.attempts || !worthAnotherTry(result)) {
      emit(result);
      return result;
    }
    emit({ type: 'warning', port, code: result.code, message: result.message });
  }
}

async function tryOnce(run: Try): Promise<ProvisionResult> {
  const clock = new StageClock(run);
  const known: { mac?: string; uuid?: string } = {};
  let board: Board | undefined;
  let noteFailure: (error: EspmintError) => Promise<void> = () => Promise.resolve();
  try {
    const connected = (board = await clock.stage('connect', () => connect(run)));
    const region = await clock.stage('inspect', () => inspect(run, connected));
    const identity = await clock.stage('identify', () => identify(run, connected));
    Object.assign(known, identity);
    const reservation = await clock.stage('reserve', () => reserve(run, identity));
    noteFailure = ({ code }) => run.parts.registry.fail(reservation.id, { code, stage: clock.current });
    const image = await clock.stage('build', () => buildImage(run, connected, identity, reservation, region));
    await clock.stage('write', () => write(run, connected, image));
    await clock.stage('verify', () => verify(run, connected, image));
    await clock.stage('reset', () => reset(connected));
    await clock.stage('confirm', () => confirm(run, reservation, image));
    return {
      type: 'result',
      ok: true,
      port: run.port,
      chip: connected.facts.chip,
      ...identity,
      offset: image.offsetBytes,
      size: image.bytes.length,
      imageSha256: image.sha256,
      durationMs: performance.now() - run.started,
      stagesMs: clock.durations,
    };
  } catch (thrown) {
    const error = toEspmintError(thrown);
    // The reservation stays: its key may be on the chip. Only the reason is noted, and only if that is possible.
    await noteFailure(error).catch(() => undefined);
    return failure(run, error, clock.current, known);
  } finally {
    await board?.close();
  }
}

function failure(
  run: Try,
  error: EspmintError,
  stage: Stage,
  known: { mac?: string; uuid?: string },
): Failed {
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
    durationMs: performance.now() - run.started,
  };
}

/** Exit codes of the failures that a new connection can cure. */
const CURABLE: readonly number[] = [EXIT.link, EXIT.board, EXIT.proof];

function worthAnotherTry(result: Failed): boolean {
  return result.retryable && CURABLE.includes(CATALOG[result.code].exit);
}

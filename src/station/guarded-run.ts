// One run of one board under guard: it can be ended from outside, and one that does not end is given up.
import { EspmintError } from '../core/errors/index.js';
import { RunDeadline } from '../provision/index.js';
import { mayBePulled } from './verdict.js';
import type { Failed, ProvisionEvent, ProvisionResult } from '../core/stages.js';

type EndCause = 'stopped' | 'removed' | 'timeout';

export interface GuardedRun {
  /** Resolves always: with what the run said, or with the reason why it had to end. */
  readonly result: Promise<ProvisionResult>;
  /** Resolves when the result was dealt with; set by the owner. */
  ended: Promise<void>;
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly wasRemoved: boolean;
  /** Takes in what the run tells: while it waits for others its time stands still. */
  follow(event: ProvisionEvent): void;
  /** Asks the run to end; the first cause counts. */
  end(cause: EndCause): void;
}

export interface GuardOptions {
  readonly port: string;
  readonly timeoutMs: number;
  readonly run: (signal: AbortSignal) => Promise<ProvisionResult>;
}

/** A run that was asked to end has so long to do it before its slot goes on without it. */
const GRACE_MS = 10_000;

export function guardRun({ port, timeoutMs, run }: GuardOptions): GuardedRun {
  const stop = new AbortController();
  const started = performance.now();
  let cause: EndCause | undefined;
  let graceTimer: NodeJS.Timeout | undefined;
  let giveUp: () => void = () => undefined;
  const givenUp = new Promise<undefined>((resolve) => (giveUp = () => resolve(undefined)));
  const end = (why: EndCause): void => {
    if (cause !== undefined) return;
    cause = why;
    graceTimer = setTimeout(giveUp, GRACE_MS);
    stop.abort();
  };
  const deadline = new RunDeadline(timeoutMs);
  deadline.signal.addEventListener('abort', () => end('timeout'));
  const settle = async (): Promise<ProvisionResult> => {
    // The run may speak at once: let the caller take hold of this object first.
    await Promise.resolve();
    try {
      const result = stop.signal.aborted ? undefined : await Promise.race([run(stop.signal), givenUp]);
      if (result !== undefined && (result.ok || cause === undefined || !isOf(cause, result))) return result;
      return failure({ port, timeoutMs, cause, result, durationMs: performance.now() - started });
    } finally {
      deadline.close();
      clearTimeout(graceTimer);
    }
  };
  return {
    result: settle(),
    ended: Promise.resolve(),
    startedAt: new Date().toISOString(),
    get wasRemoved() {
      return cause === 'removed';
    },
    follow: (event) => deadline.follow(event),
    end,
  };
}

/** Whether a run failed with this because it was ended so; what it found out before stays its result. */
function isOf(cause: EndCause, result: Failed): boolean {
  return result.code === 'CANCELLED' || (cause === 'removed' && mayBePulled(result));
}

interface Ending {
  readonly port: string;
  readonly timeoutMs: number;
  readonly cause: EndCause | undefined;
  readonly result: Failed | undefined;
  readonly durationMs: number;
}

/** A run that was cancelled did not fail by itself: the cause says what a person has to know. */
function failure({ port, timeoutMs, cause, result, durationMs }: Ending): Failed {
  const error = errorOf(cause, port, timeoutMs);
  return {
    type: 'result',
    ok: false,
    port,
    stage: 'connect',
    durationMs,
    ...result,
    code: error.code,
    message: error.message,
    next: error.next,
    retryable: error.retryable,
  };
}

function errorOf(cause: EndCause | undefined, port: string, timeoutMs: number): EspmintError {
  if (cause === 'removed') return new EspmintError('BOARD_REMOVED', { port });
  if (cause === 'timeout') return new EspmintError('RUN_TIMED_OUT', { port, timeoutMs });
  return new EspmintError('CANCELLED', { what: `${port}: provisioning` });
}

// The overall deadline of the work on one board, beside those of each step: a board whose answers drip meets all of these.
import { EspmintError, isEspmintError } from '../core/errors/index.js';

/** Milliseconds for all that the loader is asked for. */
export const BOARD_TIMEOUT_MS = 240_000;
/** Work that was asked to end has so long before it is left behind. */
const GRACE_MS = 10_000;

export interface BoardDeadline {
  readonly port: string;
  readonly timeoutMs: number;
  /** Ends the work early. */
  readonly signal?: AbortSignal | undefined;
  /** Default 10 s. */
  readonly graceMs?: number | undefined;
}

/**
 * Hands the work a signal for all of its waits, which is aborted with the caller's and at the deadline.
 * @throws RUN_TIMED_OUT at the deadline, CANCELLED where the caller's signal ended it, and what the work throws before
 */
export async function withBoardDeadline<T>(
  { port, timeoutMs, signal, graceMs = GRACE_MS }: BoardDeadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  let giveUp: (error: Error) => void = () => undefined;
  let graceTimer: NodeJS.Timeout | undefined;
  const end = (why: EspmintError): void => {
    if (stop.signal.aborted) return;
    graceTimer = setTimeout(() => giveUp(why), graceMs);
    stop.abort(why);
  };
  const cancel = (): void => end(new EspmintError('CANCELLED', { what: `The work on ${port}` }));
  const timer = setTimeout(() => end(new EspmintError('RUN_TIMED_OUT', { port, timeoutMs })), timeoutMs);
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted === true) cancel();
  try {
    const leftBehind = new Promise<never>((_, reject) => (giveUp = reject));
    return await Promise.race([work(stop.signal), leftBehind]);
  } catch (error) {
    // Whatever the work was waiting for, it failed because its time was over.
    const why: unknown = stop.signal.reason;
    throw isEspmintError(why, 'RUN_TIMED_OUT') ? why : error;
  } finally {
    clearTimeout(timer);
    clearTimeout(graceTimer);
    signal?.removeEventListener('abort', cancel);
  }
}

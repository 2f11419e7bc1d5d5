// Waiting: a deadline that several steps share, and a sleep that an AbortSignal ends.
import { EspmintError } from '../core/errors/index.js';

/** A moment by which a whole piece of work must be done. */
export class Deadline {
  readonly #at: number;

  constructor(readonly timeoutMs: number) {
    this.#at = performance.now() + timeoutMs;
  }

  /** Milliseconds left, at least 0. */
  get remainingMs(): number {
    return Math.max(0, this.#at - performance.now());
  }

  get passed(): boolean {
    return this.remainingMs === 0;
  }
}

/** @throws CANCELLED when the signal has been or is being aborted. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw new EspmintError('CANCELLED', { what }, { cause: signal.reason });
}

/** @throws CANCELLED as soon as the signal is aborted. */
export async function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  const what = 'Waiting for the board';
  throwIfAborted(signal, what);
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new EspmintError('CANCELLED', { what }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, durationMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Computes something while a board does: first lets the request go out, which computing at once would hold up.
 * @returns the board's answer, and what was computed.
 */
export async function meanwhile<Answer, Result>(
  answer: Promise<Answer>,
  compute: () => Result,
): Promise<readonly [Answer, Result]> {
  const computed = sleep(0).then(compute);
  return Promise.all([answer, computed]);
}

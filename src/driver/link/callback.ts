// Turns one callback of a platform library into a promise that a deadline and an AbortSignal can end.
import { EspmintError } from '../../core/errors/index.js';
import type { Wait } from './transport.js';
import { throwIfAborted } from '../wait.js';

/**
 * @param start begins the work and calls `done` at its end, with an error if it failed.
 * @throws LINK_TIMEOUT, CANCELLED, or the error of the work.
 */
export async function awaitCallback(
  start: (done: (error?: Error | null) => void) => void,
  wait: Wait & { readonly address: string; readonly what: string },
): Promise<void> {
  const { timeoutMs, signal, address, what } = wait;
  throwIfAborted(signal, what);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => {
        reject(new EspmintError('LINK_TIMEOUT', { port: address, what, timeoutMs }));
      }, timeoutMs);
      onAbort = () => {
        reject(new EspmintError('CANCELLED', { what }));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      start((error) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}

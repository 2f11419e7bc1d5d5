// What has come in over a link and was not read yet, with waiting readers: shared by all transports.
import { concatBytes } from '@noble/hashes/utils.js';
import { EspmintError } from '../../core/errors/index.js';
import type { Wait } from './transport.js';
import { throwIfAborted } from '../wait.js';

export class Inbox {
  readonly #address: string;
  #chunks: Uint8Array[] = [];
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(address: string) {
    this.#address = address;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#wake?.();
  }

  /** The link is gone: what came in before can still be read, then every read fails with `error`. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  clear(): void {
    this.#chunks = [];
  }

  /** All that has come in, at least one byte. @throws LINK_TIMEOUT, CANCELLED, or what `fail` was told. */
  async read({ timeoutMs, signal }: Wait): Promise<Uint8Array> {
    const what = 'Reading from the board';
    throwIfAborted(signal, what);
    if (this.#chunks.length === 0 && this.#failure === undefined) await this.#sleep(timeoutMs, signal);
    throwIfAborted(signal, what);
    if (this.#chunks.length > 0) {
      const bytes = concatBytes(...this.#chunks);
      this.#chunks = [];
      return bytes;
    }
    if (this.#failure !== undefined) throw this.#failure;
    throw new EspmintError('LINK_TIMEOUT', { port: this.#address, what: 'anything', timeoutMs });
  }

  /** Until something comes, the time is over or the signal is aborted. */
  async #sleep(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), timeoutMs);
      const onAbort = (): void => this.#wake?.();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

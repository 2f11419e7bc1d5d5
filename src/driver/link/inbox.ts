// What has come in over a link and was not read yet, with waiting readers: shared by all transports.
import { concatBytes } from '@noble/hashes/utils.js';
import { EspmintError } from '../../core/errors/index.js';
import type { Wait } from './transport.js';
import { throwIfAborted } from '../wait.js';

/** Of one read: what a reader makes of it is done in a few milliseconds, whatever it is. */
const READ_BYTES = 4_096;
/** What may wait for a reader: several seconds of the fastest serial port. Beyond it the oldest bytes go. */
const KEEP_BYTES = 1024 * 1024;
/** A peer that sends without a pause must not keep the program from everything else. */
const TURN_MS = 10;

export class Inbox {
  #chunks: Uint8Array[] = [];
  #size = 0;
  /** When the reader last began to find bytes without having to wait for them. */
  #busySinceMs: number | undefined;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(private readonly address: string) {}

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size > KEEP_BYTES && this.#chunks.length > 1)
      this.#size -= this.#chunks.shift()?.length ?? 0;
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
    this.#size = 0;
  }

  /** What has come in, at least one byte, and of a flood the first part. @throws LINK_TIMEOUT, CANCELLED, or the error given to `fail`. */
  async read({ timeoutMs, signal }: Wait): Promise<Uint8Array> {
    const what = 'Reading from the board';
    throwIfAborted(signal, what);
    if (this.#size > 0) await this.#letOthersWork();
    else if (this.#failure === undefined) await this.#sleep(timeoutMs, signal);
    throwIfAborted(signal, what);
    if (this.#size > 0) return this.#take();
    if (this.#failure !== undefined) throw this.#failure;
    throw new EspmintError('LINK_TIMEOUT', { port: this.address, what: 'anything', timeoutMs });
  }

  #take(): Uint8Array {
    const taken: Uint8Array[] = [];
    let room = READ_BYTES;
    while (room > 0) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      taken.push(chunk.subarray(0, room));
      if (chunk.length > room) this.#chunks[0] = chunk.subarray(room);
      else this.#chunks.shift();
      room -= chunk.length;
    }
    const bytes = concatBytes(...taken);
    this.#size -= bytes.length;
    return bytes;
  }

  async #letOthersWork(): Promise<void> {
    const nowMs = performance.now();
    this.#busySinceMs ??= nowMs;
    if (nowMs - this.#busySinceMs < TURN_MS) return;
    this.#busySinceMs = undefined;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
  }

  /** Until something comes, the time is over or the signal is aborted. */
  async #sleep(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    this.#busySinceMs = undefined;
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

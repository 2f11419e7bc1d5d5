// Frames over a link: out, in, and what to forget; time-outs carry the name of the work that they ended.
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { type Reply, decodeReply } from './command.js';
import { FrameReader, encodeFrame } from './slip.js';
import type { Link } from '../link/transport.js';
import { Deadline } from '../wait.js';

export class FrameChannel {
  readonly link: Link;
  /** Ends every wait: that of the operation in progress. */
  signal: AbortSignal | undefined;
  /** What came in and was no frame: boot text, for error messages. */
  readonly noise = new NoiseLog();
  readonly #frames = new FrameReader();

  constructor(link: Link, signal: AbortSignal | undefined) {
    this.link = link;
    this.signal = signal;
  }

  /** Forgets what has come in, in the link and here. */
  forgetInput(): void {
    this.link.discardInput();
    this.#frames.reset();
  }

  /** Forgets half a frame, but not what waits in the link. */
  beginAfresh(): void {
    this.#frames.reset();
  }

  /** Keeps half a frame as text: what came was no answer. */
  giveUp(): void {
    this.noise.add(this.#frames.unfinished);
  }

  /** Raw bytes. @throws LINK_TIMEOUT, LINK_CLOSED, CANCELLED */
  async write(bytes: Uint8Array, deadline: Deadline, what: string): Promise<void> {
    const wait = { timeoutMs: deadline.remainingMs, signal: this.signal };
    await this.#named(deadline, what, () => this.link.write(bytes, wait));
  }

  async writeFrame(payload: Uint8Array, deadline: Deadline, what: string): Promise<void> {
    await this.write(encodeFrame(payload), deadline, what);
  }

  /** The next frame of any kind. @throws LINK_TIMEOUT, LINK_CLOSED, CANCELLED */
  async readFrame(deadline: Deadline, what: string): Promise<Uint8Array> {
    for (;;) {
      const frame = this.#frames.next();
      if (frame !== undefined) return frame;
      const timeoutMs = deadline.remainingMs;
      if (timeoutMs === 0) throw this.#timeout(deadline, what);
      this.#frames.push(
        await this.#named(deadline, what, () => this.link.read({ timeoutMs, signal: this.signal })),
      );
    }
  }

  /** The next frame that is a reply; others are noise. */
  async readReply(deadline: Deadline, what: string): Promise<Reply> {
    for (;;) {
      const frame = await this.readFrame(deadline, what);
      const reply = decodeReply(frame);
      if (reply !== undefined) return reply;
      this.noise.add(frame);
    }
  }

  /** Reads until the line has been quiet for that long, and forgets it. */
  async drain(timeoutMs: number, quietMs: number): Promise<void> {
    const deadline = new Deadline(timeoutMs);
    try {
      while (!deadline.passed) await this.link.read({ timeoutMs: quietMs, signal: this.signal });
    } catch (error) {
      if (!isEspmintError(error, 'LINK_TIMEOUT')) throw error;
    }
    this.forgetInput();
  }

  async #named<T>(deadline: Deadline, what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw isEspmintError(error, 'LINK_TIMEOUT') ? this.#timeout(deadline, what) : error;
    }
  }

  #timeout({ timeoutMs }: Deadline, what: string): EspmintError<'LINK_TIMEOUT'> {
    return new EspmintError('LINK_TIMEOUT', { port: this.link.address, what, timeoutMs });
  }
}

// Keeps the last text that a chip printed between frames: the boot message that explains why it does not answer.

const KEEP_BYTES = 2_048;
/** "boot:0x13 (SPI_FAST_FLASH_BOOT)": the strapping that the ROM saw, and what it made of it. */
const BOOT_MODE = /boot:(0x[0-9a-f]+) ?\(([A-Z0-9_]+)/i;

export class NoiseLog {
  #text = '';

  add(bytes: Uint8Array): void {
    const printable = Array.from(bytes, (byte) =>
      byte === 0x0a || (byte >= 0x20 && byte < 0x7f) ? String.fromCharCode(byte) : '',
    ).join('');
    this.#text += printable;
    // Not with each of many small pieces: a flood of them would cost as much again as it is long.
    if (this.#text.length > 2 * KEEP_BYTES) this.#text = this.text;
  }

  get text(): string {
    return this.#text.slice(-KEEP_BYTES);
  }

  /** What the ROM said of its boot mode, `0x13 SPI_FAST_FLASH_BOOT`; undefined when it said nothing. */
  get bootMode(): string | undefined {
    const last = [...this.text.matchAll(new RegExp(BOOT_MODE, 'gi'))].at(-1);
    return last === undefined ? undefined : `${last[1] ?? ''} ${last[2] ?? ''}`;
  }

  clear(): void {
    this.#text = '';
  }
}

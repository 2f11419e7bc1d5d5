// What one port's trace says, line by line: written for people, and complete enough to play the board's side back.
import { createMasker, type Masker } from '../../core/masking/masker.js';
import type { DriverEvent } from '../events.js';
import { FRAME_END, FrameReader } from '../protocol/slip.js';
import { describeAnswer, describeRequest, describeUnframed } from './describe-frame.js';

/** Takes one line, without its end. */
export type OnTraceLine = (line: string) => void;

/** Words shorter than this are in every text. */
const SHORTEST_SECRET = 4;
/** Longer than any frame of a loader: what is longer is none. */
const MAX_FRAME_BYTES = 0x4000;
const NEWLINE = 0x0a;

export class PortTrace {
  readonly #secrets = new Set<string>();
  #masker: Masker = createMasker();
  /** Bytes of a line that has not ended. */
  #text: number[] = [];
  /** Bytes of a frame that has not ended; undefined outside of one. */
  #frame: number[] | undefined;

  /** @param name of the port in every line. @param startedMs of the whole trace, by performance.now(). */
  constructor(
    private readonly name: string,
    private readonly startedMs: number,
    private readonly onLine: OnTraceLine,
  ) {}

  /** These are masked in what the board prints from now on, in every form. */
  hide(secrets: Iterable<string>): void {
    const before = this.#secrets.size;
    for (const secret of secrets) if (secret.length >= SHORTEST_SECRET) this.#secrets.add(secret);
    if (this.#secrets.size > before) this.#masker = createMasker(this.#secrets);
  }

  control(what: string, details: object): void {
    this.flush();
    this.#say('-', `${what} ${JSON.stringify(details)}`);
  }

  event({ type, ...details }: DriverEvent): void {
    this.#say('*', `${type} ${JSON.stringify(details)}`);
  }

  sent(bytes: Uint8Array): void {
    this.flush();
    if (bytes[0] !== FRAME_END) {
      // To a firmware: commands with passwords in them. What the board echoes of them is one too.
      this.hide(wordsOf(bytes));
      this.#say('>', describeUnframed(bytes));
      return;
    }
    const reader = new FrameReader();
    reader.push(bytes);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next())
      this.#say('>', describeRequest(frame));
  }

  received(bytes: Uint8Array): void {
    for (const byte of bytes) this.#take(byte);
  }

  /** What has come in of a line or a frame is written as it is. */
  flush(): void {
    this.#endText();
    const frame = this.#frame;
    this.#frame = undefined;
    if (frame !== undefined && frame.length > 0) this.#say('<', describeUnframed(Uint8Array.from(frame)));
  }

  #take(byte: number): void {
    if (this.#frame === undefined && byte !== FRAME_END) {
      this.#text.push(byte);
      if (byte === NEWLINE || this.#text.length > MAX_FRAME_BYTES) this.#endText();
    } else if (byte !== FRAME_END) {
      this.#frame?.push(byte);
      if ((this.#frame?.length ?? 0) > MAX_FRAME_BYTES) this.flush();
    } else if (this.#frame === undefined) {
      this.#endText();
      this.#frame = [];
    } else if (this.#frame.length > 0) {
      this.#endFrame(this.#frame);
      this.#frame = undefined;
    }
  }

  #endText(): void {
    if (this.#text.length === 0) return;
    const text = new TextDecoder().decode(Uint8Array.from(this.#text));
    this.#text = [];
    this.#say('<', JSON.stringify(this.#masker.foreign(text)));
  }

  #endFrame(raw: readonly number[]): void {
    const reader = new FrameReader();
    reader.push(Uint8Array.of(FRAME_END, ...raw, FRAME_END));
    const frame = reader.next();
    this.#say('<', frame === undefined ? describeUnframed(Uint8Array.from(raw)) : describeAnswer(frame));
  }

  #say(mark: '>' | '<' | '-' | '*', text: string): void {
    const ms = (performance.now() - this.startedMs).toFixed(1).padStart(9);
    this.onLine(`${ms} ${this.name} ${mark} ${text}`);
  }
}

/** What may be a secret of a command line, in quotes or not. */
function wordsOf(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes);
  const lines = text.split(/[\r\n\0]+/);
  return [...lines.flatMap((line) => line.split(/[\s"'=,]+/)), ...lines.flatMap((line) => line.split('"'))];
}

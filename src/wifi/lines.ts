// What a board prints, as lines: bytes split anywhere, colour codes and redrawing taken out.
import type { Link, Wait } from '../driver/link/transport.js';
import { isEspmintError } from '../core/errors/index.js';
import { Deadline } from '../driver/wait.js';

const LF = 0x0a;
const CR = 0x0d;
const ESCAPE = 0x1b;
/** More than any line of a console; what follows in the same line is dropped. */
const MAX_LINE_BYTES = 4096;

/** Pure. Carriage returns end a line too: a console that redraws its input sends one before each version of it. */
export class LineSplitter {
  #line: number[] = [];
  #escape: 'none' | 'begun' | 'inside' = 'none';
  readonly #decoder = new TextDecoder();

  /** The whole lines that these bytes complete, without empty ones. */
  push(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    for (const byte of bytes) {
      if (this.#isEscape(byte)) continue;
      if (byte === LF || byte === CR) {
        if (this.#line.length > 0) lines.push(this.#text());
        this.#line = [];
      } else if ((byte >= 0x20 || byte === 0x09) && this.#line.length < MAX_LINE_BYTES) this.#line.push(byte);
    }
    return lines;
  }

  /** The line that has begun: a prompt, for one, has no end. */
  get partial(): string {
    return this.#text();
  }

  /** Ends the line that has begun, and gives it. */
  flush(): string {
    const text = this.#text();
    this.#line = [];
    return text;
  }

  #text(): string {
    return this.#decoder.decode(Uint8Array.from(this.#line));
  }

  /** ESC [ … letter (ECMA-48), and the short forms ESC x. */
  #isEscape(byte: number): boolean {
    if (this.#escape === 'none') {
      if (byte !== ESCAPE) return false;
      this.#escape = 'begun';
    } else if (this.#escape === 'begun') {
      this.#escape = byte === 0x5b ? 'inside' : 'none';
    } else if (byte >= 0x40 && byte <= 0x7e) {
      this.#escape = 'none';
    }
    return true;
  }
}

/** Of a line: what a pattern costs grows with it, and faster than it. */
const JUDGED_CHARS = 1_024;

/** What patterns are shown of a line. Cut with a mark: its end is not the end of the line. */
export function judged(line: string): string {
  return line.length > JUDGED_CHARS ? `${line.slice(0, JUDGED_CHARS)}…` : line;
}

/** Bytes that came within `quietMs`, or undefined: a read that ends without an error when nothing comes. */
export async function readSome(link: Link, wait: Wait): Promise<Uint8Array | undefined> {
  try {
    return await link.read(wait);
  } catch (error) {
    if (isEspmintError(error, 'LINK_TIMEOUT')) return undefined;
    throw error;
  }
}

const QUIET_MS = 400;
const FIRST_BYTE_MS = 1_500;
const LONGEST_MS = 6_000;

/** What the chip's own loader says, again and again, where there is nothing to start. */
const NO_FIRMWARE = /^invalid header: 0x/i;
/** A supply that comes up slowly spoils one reading of the flash. */
const SURE_AFTER_LINES = 2;

/**
 * Waits until a board that may be starting has said what it says at its start.
 * @returns false where there is no firmware that could answer anything
 * @throws LINK_CLOSED, CANCELLED
 */
export async function settle(
  link: Link,
  {
    signal,
    onLine,
  }: { readonly signal?: AbortSignal | undefined; readonly onLine?: ((line: string) => void) | undefined },
): Promise<boolean> {
  const splitter = new LineSplitter();
  const deadline = new Deadline(LONGEST_MS);
  let without = 0;
  let bytes = await readSome(link, { timeoutMs: FIRST_BYTE_MS, signal });
  while (bytes !== undefined && !deadline.passed && without < SURE_AFTER_LINES) {
    for (const line of splitter.push(bytes)) {
      if (NO_FIRMWARE.test(line)) without += 1;
      onLine?.(line);
    }
    bytes = await readSome(link, { timeoutMs: QUIET_MS, signal });
  }
  return without < SURE_AFTER_LINES;
}

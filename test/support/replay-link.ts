// Plays the board's side of a trace back: what `--trace` recorded is answered as it was, as long as the same is asked.
import { EspmintError } from '../../src/core/errors/index.js';
import { sha256Hex } from '../../src/core/digest.js';
import type { Link, Wait } from '../../src/driver/index.js';

const LINE = /^ *\d+\.\d (p\d+) ([-<>*]) (.*)$/;
const END = 0xc0;
const ESCAPE = 0xdb;

/** `-`: what this computer did to the line. What the board sends before it and after it does not come together. */
type Record = { readonly mark: '<' | '>' | '-'; readonly text: string };

/** @param port of the trace, where it has several. */
export function replayLink(trace: string, port = 'p1'): Link & { readonly isOver: boolean } {
  const lines = trace
    .split('\n')
    .flatMap((line) => [LINE.exec(line) ?? []])
    .filter(([, name]) => name === port);
  const [, , , opened = ''] =
    lines.find(([, , mark, text]) => mark === '-' && text?.startsWith('open ')) ?? [];
  const records = lines.flatMap(([, , mark, text = '']): Record[] =>
    mark === '<' || mark === '>' || (mark === '-' && /^(lines|baud) /.test(text)) ? [{ mark, text }] : [],
  );
  return new ReplayLink(JSON.parse(opened.slice('open '.length)) as Opened, records);
}

interface Opened {
  readonly address: string;
  readonly baud: number;
  readonly hasModemLines: boolean;
  readonly linesAreSlow?: boolean;
  readonly isNativeUsb?: boolean;
  readonly hasFixedBaud?: boolean;
}

class ReplayLink implements Link {
  readonly address: string;
  readonly hasModemLines: boolean;
  readonly linesAreSlow: boolean;
  readonly isNativeUsb: boolean;
  readonly hasFixedBaud: boolean;
  baud: number;
  readonly #records: readonly Record[];
  #next = 0;

  constructor(opened: Opened, records: readonly Record[]) {
    this.address = opened.address;
    this.baud = opened.baud;
    this.hasModemLines = opened.hasModemLines;
    this.linesAreSlow = opened.linesAreSlow === true;
    this.isNativeUsb = opened.isNativeUsb === true;
    this.hasFixedBaud = opened.hasFixedBaud === true;
    this.#records = records;
  }

  /** Whether all was asked and answered. */
  get isOver(): boolean {
    return this.#next >= this.#records.length;
  }

  write(bytes: Uint8Array): Promise<void> {
    for (const frame of bytes[0] === END ? framesIn(bytes) : [bytes]) {
      const record = this.#records[this.#next];
      if (record?.mark !== '>' || !isAsRecorded(record.text, frame)) {
        const reason = `the trace has "${record?.text.slice(0, 60) ?? 'its end'}" where ${hex(frame).slice(0, 40)} is sent`;
        return Promise.reject(new EspmintError('LINK_CLOSED', { port: this.address, reason }));
      }
      this.#next += 1;
    }
    return Promise.resolve();
  }

  async read({ timeoutMs, signal }: Wait): Promise<Uint8Array> {
    const bytes: number[] = [];
    for (let record = this.#records[this.#next]; record?.mark === '<'; record = this.#records[this.#next]) {
      bytes.push(...bytesOf(record.text));
      this.#next += 1;
    }
    if (bytes.length > 0) return Uint8Array.from(bytes);
    await new Promise((resolve) => setTimeout(resolve, timeoutMs));
    signal?.throwIfAborted();
    throw new EspmintError('LINK_TIMEOUT', { port: this.address, what: 'a read', timeoutMs });
  }

  discardInput(): void {
    // What was discarded was never recorded.
  }
  setLines(): Promise<void> {
    this.#passControl();
    return Promise.resolve();
  }
  setBaud(baud: number): Promise<void> {
    this.baud = baud;
    this.#passControl();
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }

  #passControl(): void {
    if (this.#records[this.#next]?.mark === '-') this.#next += 1;
  }
}

/** Hex and `[n bytes digest]`, in order. */
const PARTS = /([0-9a-f]+)|\[(\d+) bytes ([0-9a-f]+)\]/g;

function isAsRecorded(text: string, frame: Uint8Array): boolean {
  const payload = text.slice(text.indexOf('| ') + 2);
  let at = 0;
  for (const [, plain, count, digest] of payload.matchAll(PARTS)) {
    const length = plain === undefined ? Number(count) : plain.length / 2;
    const part = frame.subarray(at, at + length);
    if (part.length !== length) return false;
    if (plain === undefined ? !sha256Hex(part).startsWith(digest ?? '-') : hex(part) !== plain) return false;
    at += length;
  }
  return at === frame.length;
}

/** As the board sent it; what is left out of the trace comes as zeros. */
function bytesOf(text: string): Uint8Array {
  if (text.startsWith('"')) return new TextEncoder().encode(JSON.parse(text) as string);
  const frame: number[] = [];
  for (const [, plain, count] of text.slice(text.indexOf('| ') + 2).matchAll(PARTS)) {
    if (plain === undefined) frame.push(...new Uint8Array(Number(count)));
    else frame.push(...(plain.match(/../g) ?? []).map((byte) => parseInt(byte, 16)));
  }
  if (text.startsWith('text ')) return Uint8Array.from(frame);
  const escaped = frame.flatMap((byte) =>
    byte === END ? [ESCAPE, 0xdc] : byte === ESCAPE ? [ESCAPE, 0xdd] : [byte],
  );
  return Uint8Array.of(END, ...escaped, END);
}

function framesIn(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let frame: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === END) {
      if (frame.length > 0) frames.push(Uint8Array.from(frame));
      frame = [];
    } else if (byte === ESCAPE) frame.push(bytes[++at] === 0xdc ? END : ESCAPE);
    else frame.push(byte);
  }
  return frames;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

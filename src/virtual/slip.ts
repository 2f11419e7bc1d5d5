// The chip's side of SLIP (RFC 1055): an encoder, and a decoder that loses sync the way each firmware loses it.

const END = 0xc0;
const ESC = 0xdb;
const ESC_END = 0xdc;
const ESC_ESC = 0xdd;

/** Wraps one frame: C0 at both ends, C0 and DB inside escaped. */
export function encodeSlip(payload: Uint8Array): Uint8Array {
  const bytes: number[] = [END];
  for (const byte of payload) {
    if (byte === END) bytes.push(ESC, ESC_END);
    else if (byte === ESC) bytes.push(ESC, ESC_ESC);
    else bytes.push(byte);
  }
  bytes.push(END);
  return Uint8Array.from(bytes);
}

export interface SlipRules {
  /** Of a frame's payload; what becomes of longer ones is said with `delimiters`. */
  readonly maxFrameBytes: number;
  /**
   * What a C0 means.
   * - `shared`: it ends a frame and opens the next (the ROM). A byte behind DB that is no escape stands for itself, a C0
   *   too, and a frame that is too long loses its end (ROM code, `recv_packet`).
   * - `strict`: every frame has two C0 of its own. An empty frame, a bad escape and an oversize frame leave the
   *   reader outside a frame, so that openers and closers are mistaken for each other until one extra C0 comes
   *   (the flasher stub, facts measured on its command handler).
   */
  readonly delimiters: 'shared' | 'strict';
}

/** Takes bytes as they come and hands out whole frames. Never throws: what is broken is dropped and counted. */
export class SlipDecoder {
  /** Frames given up: bad escape, oversize. */
  broken = 0;
  private frame: number[] = [];
  private inFrame = false;
  private escaping = false;

  constructor(private readonly rules: SlipRules) {}

  /** Frames that these bytes completed, without delimiters. */
  push(bytes: Uint8Array): Uint8Array[] {
    const done: Uint8Array[] = [];
    for (const byte of bytes) {
      const frame = this.take(byte);
      if (frame !== undefined) done.push(frame);
    }
    return done;
  }

  private take(byte: number): Uint8Array | undefined {
    const isRom = this.rules.delimiters === 'shared';
    if (byte === END && !(isRom && this.escaping)) return this.takeDelimiter();
    if (!this.inFrame) return undefined;
    if (this.escaping) {
      this.escaping = false;
      if (byte === ESC_END) this.frame.push(END);
      else if (byte === ESC_ESC) this.frame.push(ESC);
      else if (isRom) this.frame.push(byte);
      else this.giveUp();
    } else if (byte === ESC) {
      this.escaping = true;
    } else {
      this.frame.push(byte);
    }
    if (this.frame.length > this.rules.maxFrameBytes) {
      if (isRom) this.frame.length = this.rules.maxFrameBytes;
      else this.giveUp();
    }
    return undefined;
  }

  private takeDelimiter(): Uint8Array | undefined {
    const wasInFrame = this.inFrame;
    const frame = this.frame;
    this.frame = [];
    this.escaping = false;
    this.inFrame = this.rules.delimiters === 'shared' || !wasInFrame;
    return wasInFrame && frame.length > 0 ? Uint8Array.from(frame) : undefined;
  }

  private giveUp(): void {
    this.broken += 1;
    this.frame = [];
    this.escaping = false;
    this.inFrame = false;
  }
}

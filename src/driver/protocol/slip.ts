// SLIP framing (RFC 1055) as the ROM loader and the stub use it: pure bytes in, frames out.

/** Delimiter of frames. */
export const FRAME_END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;

/** The longest frame a loader sends is a flash read packet of 4 KB; anything far above is noise. */
const MAX_FRAME_BYTES = 0x1_0000;

/** One frame with its own delimiter on both sides: a stub that lost count of shared ones stays deaf. */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  const frame: number[] = [FRAME_END];
  for (const byte of payload) {
    if (byte === FRAME_END) frame.push(ESCAPE, ESCAPED_END);
    else if (byte === ESCAPE) frame.push(ESCAPE, ESCAPED_ESCAPE);
    else frame.push(byte);
  }
  frame.push(FRAME_END);
  return Uint8Array.from(frame);
}

/**
 * Cuts a byte stream, split anywhere, into frames. Every delimiter ends what stands before it, so that boot text and
 * noise come out as frames of their own (for the caller to reject) and never take a good frame with them.
 */
export class FrameReader {
  #frames: Uint8Array[] = [];
  /** Of the oldest frame: to shift a long list for each frame would cost its length each time. */
  #oldest = 0;
  #bytes: number[] = [];
  #escaped = false;
  /** The current frame has a bad escape or is too long: it is dropped at its end. */
  #broken = false;

  push(chunk: Uint8Array): void {
    for (const byte of chunk) this.#take(byte);
  }

  /** The oldest whole frame, unescaped, never empty. */
  next(): Uint8Array | undefined {
    const frame = this.#frames[this.#oldest];
    if (frame === undefined) return undefined;
    this.#oldest += 1;
    if (this.#oldest === this.#frames.length) this.#dropFrames();
    return frame;
  }

  /** What has come in of a frame that is not ended: on a chip that prints text and never answers, that text. */
  get unfinished(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** Forgets all frames and what has begun. */
  reset(): void {
    this.#dropFrames();
    this.#restart();
  }

  #dropFrames(): void {
    this.#frames = [];
    this.#oldest = 0;
  }

  #take(byte: number): void {
    if (byte === FRAME_END) {
      if (!this.#broken && !this.#escaped && this.#bytes.length > 0)
        this.#frames.push(Uint8Array.from(this.#bytes));
      this.#restart();
    } else if (this.#escaped) {
      this.#escaped = false;
      if (byte === ESCAPED_END) this.#append(FRAME_END);
      else if (byte === ESCAPED_ESCAPE) this.#append(ESCAPE);
      else this.#broken = true;
    } else if (byte === ESCAPE) {
      this.#escaped = true;
    } else {
      this.#append(byte);
    }
  }

  #append(byte: number): void {
    if (this.#bytes.length >= MAX_FRAME_BYTES) this.#broken = true;
    else this.#bytes.push(byte);
  }

  #restart(): void {
    this.#bytes = [];
    this.#escaped = false;
    this.#broken = false;
  }
}

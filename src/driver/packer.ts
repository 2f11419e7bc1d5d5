// The parts of an image as they may go to a chip, made ready while it computes.
import { packSpan, type PackedSpan } from './flash-write.js';
import { md5Of, type Region } from './md5.js';
import { isBlank, runsOf, slice } from './write-plan.js';

export interface Packed {
  readonly bytes: Uint8Array;
  readonly packed: PackedSpan;
  /** Of the bytes, lower-case hex. */
  readonly md5: string;
}

export class Packer {
  readonly #image: Uint8Array;
  readonly #parts = new Map<string, Packed>();

  constructor(image: Uint8Array) {
    this.#image = image;
  }

  /** Packs what is wanted where the flash is blank or an earlier image of the same form: each run of data. */
  prepare(): void {
    const whole = { offsetBytes: 0, sizeBytes: this.#image.length };
    for (const run of runsOf(this.#image, whole)) if (!isBlank(this.#image, run)) this.pack(run);
  }

  /** @param span from the start of the image; packed once, however often it is asked for. */
  pack(span: Region): Packed {
    const key = `${span.offsetBytes}+${span.sizeBytes}`;
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const bytes = slice(this.#image, span);
    const packed = { bytes, packed: packSpan(bytes), md5: md5Of(bytes) };
    this.#parts.set(key, packed);
    return packed;
  }
}

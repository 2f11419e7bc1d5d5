// The parts of an image as they may go to a chip, made ready while it computes.
import { packSpan, type PackedSpan } from './flash-write.js';
import { md5Of, type Region } from './md5.js';
import { isBlank, runsOf, slice } from './write-plan.js';

export interface Packed {
  readonly bytes: Uint8Array;
  readonly packed: PackedSpan;
}

/** Images that more than one board gets are packed once. */
const PACKERS = new WeakMap<Uint8Array, Packer>();

export class Packer {
  /** The one of this image, for as long as somebody holds the image. */
  static of(image: Uint8Array): Packer {
    const known = PACKERS.get(image) ?? new Packer(image);
    PACKERS.set(image, known);
    return known;
  }

  readonly #image: Uint8Array;
  #md5: string | undefined;
  readonly #parts = new Map<string, Packed>();

  constructor(image: Uint8Array) {
    this.#image = image;
  }

  /** Of the whole image, lower-case hex. */
  get md5(): string {
    return (this.#md5 ??= md5Of(this.#image));
  }

  /** What is wanted where the flash is blank or holds an earlier image of the same form: each run of data. */
  prepare(): void {
    this.#md5 ??= md5Of(this.#image);
    const whole = { offsetBytes: 0, sizeBytes: this.#image.length };
    for (const run of runsOf(this.#image, whole)) if (!isBlank(this.#image, run)) this.pack(run);
  }

  /** @param span from the start of the image; packed once, however often it is asked for. */
  pack(span: Region): Packed {
    const key = `${span.offsetBytes}+${span.sizeBytes}`;
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const bytes = slice(this.#image, span);
    const packed = { bytes, packed: packSpan(bytes) };
    this.#parts.set(key, packed);
    return packed;
  }
}

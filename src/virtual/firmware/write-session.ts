// One FLASH_BEGIN … FLASH_DATA … sequence: where the next bytes go, plain or inflated.
import { Unzlib } from 'fflate';
import { encryptForFlash } from '../flash/encryption.js';
import { type FlashCells } from '../flash/memory.js';
import { programRange } from '../flash/operations.js';
import type { Steps } from '../steps.js';
import type { Timing } from '../timing.js';

export interface WriteTarget {
  readonly flash: FlashCells;
  readonly timing: Timing;
}

/** How blocks come in, and how they go to flash. */
export interface WriteForm {
  readonly compressed: boolean;
  /** What the bytes are encrypted with on their way to flash; absent: they are not. */
  readonly key?: Uint8Array | undefined;
}

/** Encryption goes by these units. */
const CIPHER_BYTES = 16;

/** What came of a block: all is well, or the stream is broken, or it holds more than was announced. */
export type BlockResult = 'written' | 'inflate-failed' | 'too-much';

/**
 * Writes blocks one after another. Block numbers are not looked at: a block that comes twice is written twice, at the
 * next place, which only a checksum over the flash can find.
 */
export class WriteSession {
  /** Bytes of content that went to flash. */
  written = 0;
  private blocksTaken = 0;
  private readonly inflater: Unzlib | undefined;
  private inflated: Uint8Array[] = [];
  /** The start of a unit of encryption whose end has not come yet. */
  private held: Uint8Array = new Uint8Array(0);

  /**
   * @param sizeBytes bytes of content announced (after inflating).
   * @param blocks number of blocks announced.
   */
  constructor(
    readonly target: WriteTarget,
    readonly address: number,
    readonly sizeBytes: number,
    private readonly blocks: number,
    private readonly form: WriteForm,
  ) {
    if (form.compressed) this.inflater = new Unzlib((chunk) => void this.inflated.push(chunk));
  }

  get isCompressed(): boolean {
    return this.inflater !== undefined;
  }

  /** True once everything that was announced is written. */
  get isComplete(): boolean {
    return this.written >= this.sizeBytes;
  }

  /** @param prepare runs before bytes are programmed, with their address and size (the stub erases there). */
  *take(payload: Uint8Array, prepare?: (address: number, size: number) => Steps): Steps<BlockResult> {
    this.blocksTaken += 1;
    const content = this.contentOf(payload);
    if (content === undefined) return 'inflate-failed';
    const room = this.sizeBytes - this.written - this.held.length;
    const fitting = this.wholeUnits(content.subarray(0, room));
    if (fitting.length > 0) {
      const at = this.address + this.written;
      if (prepare !== undefined) yield* prepare(at, fitting.length);
      const { key } = this.form;
      const bytes = key === undefined ? fitting : encryptForFlash(key, at, fitting);
      yield* programRange(this.target.flash, at, bytes, this.target.timing);
      this.written += fitting.length;
    }
    return content.length > room ? 'too-much' : 'written';
  }

  /** What can be encrypted now; the rest waits for the next block. */
  private wholeUnits(content: Uint8Array): Uint8Array {
    if (this.form.key === undefined) return content;
    const ready = concat([this.held, content]);
    const size = ready.length - (ready.length % CIPHER_BYTES);
    this.held = ready.slice(size);
    return ready.subarray(0, size);
  }

  private contentOf(payload: Uint8Array): Uint8Array | undefined {
    if (this.inflater === undefined) return payload;
    try {
      this.inflater.push(payload, this.blocksTaken >= this.blocks);
    } catch {
      return undefined;
    }
    const content = concat(this.inflated);
    this.inflated = [];
    return content;
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

// A write of the stub, block by block: it inflates, erases just ahead of the bytes, encrypts and programs.
import { Unzlib } from 'fflate';
import { encryptForFlash } from '../flash/encryption.js';
import { BLOCK_BYTES, SECTOR_BYTES } from '../flash/memory.js';
import { eraseRange, programRange } from '../flash/operations.js';
import type { Machine } from '../machine.js';
import { busy, type Steps } from '../steps.js';
import { STUB_ERROR } from './errors.js';

/** Encryption goes by these units. */
const CIPHER_BYTES = 16;

/** What *_BEGIN said. */
export interface Announced {
  readonly address: number;
  /** Of content, after inflating. */
  readonly sizeBytes: number;
  readonly blocks: number;
  readonly compressed: boolean;
  readonly encrypts: boolean;
}

/**
 * Block numbers are not looked at: a block that comes twice is written twice, at the next place, which only a checksum
 * over the flash can find.
 */
export class StubWrite {
  /** Bytes of content that went to flash. */
  private written = 0;
  private blocksTaken = 0;
  private inflated: Uint8Array[] = [];
  private readonly inflater = new Unzlib((chunk) => void this.inflated.push(chunk));
  /** The start of a unit of encryption whose end has not come yet. */
  private held = new Uint8Array(0);
  private erasedUpTo: number;
  /** Off after the first sector that was not erased: looking would only cost time from there on. */
  private looksFirst = true;
  private isTooLong = false;

  constructor(
    private readonly machine: Machine,
    readonly announced: Announced,
  ) {
    this.erasedUpTo = announced.address - (announced.address % SECTOR_BYTES);
  }

  private get isComplete(): boolean {
    return this.written >= this.announced.sizeBytes;
  }

  /** All announced bytes came, and no more. */
  get isWhole(): boolean {
    return this.isComplete && !this.isTooLong;
  }

  /** @returns the error that the next reply will carry, 0 for none. Blocks past the end are ignored. */
  *write(payload: Uint8Array): Steps<number> {
    if (this.isComplete) return 0;
    const { address, sizeBytes, compressed, encrypts } = this.announced;
    this.blocksTaken += 1;
    const content = compressed ? this.inflate(payload) : payload;
    if (content === undefined) return STUB_ERROR.inflate;
    const room = sizeBytes - this.written - this.held.length;
    const plain = content.subarray(0, room);
    const fitting = encrypts ? this.wholeUnits(plain) : plain;
    if (fitting.length > 0) {
      const { stubFlash, timing, identity } = this.machine;
      const at = address + this.written;
      yield* this.erase(at + fitting.length);
      const bytes = encrypts ? encryptForFlash(identity.flashKey, at, fitting) : fitting;
      yield* programRange(stubFlash, at, bytes, timing);
      this.written += fitting.length;
    }
    // A plain last block is padded by its sender; a compressed stream has no reason to be longer.
    if (content.length > room && compressed) this.isTooLong = true;
    return 0;
  }

  /** What can be encrypted now; the rest waits for the next block. */
  private wholeUnits(content: Uint8Array): Uint8Array {
    const ready = Uint8Array.from([...this.held, ...content]);
    const size = ready.length - (ready.length % CIPHER_BYTES);
    this.held = ready.slice(size);
    return ready.subarray(0, size);
  }

  private inflate(payload: Uint8Array): Uint8Array | undefined {
    try {
      this.inflater.push(payload, this.blocksTaken >= this.announced.blocks);
    } catch {
      return undefined;
    }
    return Buffer.concat(this.inflated.splice(0));
  }

  private *erase(upTo: number): Steps {
    const { machine } = this;
    const end = this.announced.address + this.announced.sizeBytes;
    while (this.erasedUpTo < upTo) {
      const at = this.erasedUpTo;
      const unit = at % BLOCK_BYTES === 0 && end - at >= BLOCK_BYTES ? BLOCK_BYTES : SECTOR_BYTES;
      if (yield* this.mustErase(at, unit)) yield* eraseRange(machine.stubFlash, at, unit, machine.timing);
      this.erasedUpTo += unit;
    }
  }

  private *mustErase(address: number, size: number): Steps<boolean> {
    if (!this.looksFirst) return true;
    yield busy((size / this.machine.timing.flashReadBytesPerSecond) * 1000, 'command');
    this.looksFirst = this.machine.stubFlash.isErased(address, size);
    return !this.looksFirst;
  }
}

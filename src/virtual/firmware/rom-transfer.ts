// An upload to a ROM loader, in numbered blocks: into RAM or into flash, by one set of variables for both.
import { checksumOf, wordAt, type Request } from '../packet.js';
import { ROM_ERROR } from './errors.js';

/** Largest data block. */
const MAX_BLOCK_BYTES = 0x1800;
const DATA_HEADER_BYTES = 16;

export interface TransferParts {
  readonly sizeBytes: number;
  readonly blocks: number;
  readonly blockBytes: number;
  readonly address: number;
  readonly encrypts: boolean;
}

/** What *_BEGIN said, and how far the upload is. */
export class Transfer implements TransferParts {
  sizeBytes = 0;
  blocks = 0;
  /** 0 before the first *_BEGIN: no block fits. */
  blockBytes = 0;
  /** Of the next block. */
  address = 0;
  encrypts = false;
  /** Number that the next block must have. */
  sequence = 0;
  /** Bytes of blocks that were carried out. */
  doneBytes = 0;

  start(parts: TransferParts): void {
    Object.assign(this, parts, { sequence: 0, doneBytes: 0 });
  }

  /** A block is in its place. */
  advance(bytes: number): void {
    this.address += bytes;
    this.doneBytes += bytes;
  }

  /** Every announced block came, and as many bytes as were announced. */
  get isComplete(): boolean {
    return this.sequence === this.blocks && this.doneBytes === this.sizeBytes;
  }

  /**
   * A block's bytes, or the error that it is refused with. Its number counts as taken before its checksum is looked at: a
   * block that came damaged cannot be sent again under its number.
   */
  accept(request: Request, isWholeWords: boolean): Uint8Array | number {
    if (request.length > MAX_BLOCK_BYTES + DATA_HEADER_BYTES) return ROM_ERROR.badMessage;
    const size = wordAt(request.data, 0);
    const sequence = wordAt(request.data, 1);
    if (sequence !== this.sequence || size > this.blockBytes) return ROM_ERROR.badMessage;
    if (isWholeWords && size % 4 !== 0) return ROM_ERROR.badMessage;
    this.sequence += 1;
    const payload = request.data.slice(DATA_HEADER_BYTES, DATA_HEADER_BYTES + size);
    return (request.checksum & 0xff) === checksumOf(payload) ? payload : ROM_ERROR.checksum;
  }
}

/** The error of a *_BEGIN with a block size that the ROM has no buffer for. */
export const fitsBlock = (blockBytes: number): boolean => blockBytes <= MAX_BLOCK_BYTES;

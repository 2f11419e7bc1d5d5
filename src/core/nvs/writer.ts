// Places items in pages exactly as esp-idf-nvs-partition-gen 0.3.0 does, page breaks and all.
import { EspmintError } from '../errors/index.js';
import { writeInteger, writeU32 } from './bytes.js';
import { sealEntry, writeDataDescription, writeEntryHead } from './entry.js';
import {
  BLOB_V1_MAX_BYTES,
  CHUNKS_MAX,
  CHUNK_ANY,
  ENTRY,
  ENTRY_TYPE,
  INTEGERS,
  type NvsVersion,
  PAGE_SIZE,
  PARTITION_MAX_SIZE,
  READ_WRITE_MIN_SIZE,
  SLOTS_PER_PAGE,
  SLOT_SIZE,
  STRING_MAX_BYTES,
  slotsFor,
} from './layout.js';
import { markPageFull, markWritten, slotOffset, writePageHeader } from './page.js';
import type { NvsItem } from './rows.js';

/** Where an item landed: offset of its (first) entry in the image, and the slots it takes there. */
export interface NvsPlace {
  readonly offsetBytes: number;
  readonly span: number;
}

/**
 * Refuses a partition size that NVS cannot have.
 *
 * @throws NVS_SIZE_INVALID
 */
export function checkPartitionSize(sizeBytes: number): void {
  if (
    Number.isInteger(sizeBytes) &&
    sizeBytes >= PAGE_SIZE &&
    sizeBytes % PAGE_SIZE === 0 &&
    sizeBytes <= PARTITION_MAX_SIZE
  ) {
    return;
  }
  throw new EspmintError('NVS_SIZE_INVALID', { sizeBytes });
}

/** Writes items one after the other into a new image. */
export class ImageWriter {
  readonly #image: Uint8Array;
  readonly #readOnly: boolean;
  readonly #dataPages: number;
  #page = -1;
  #used = 0;

  /** @throws NVS_SIZE_INVALID */
  constructor(
    sizeBytes: number,
    private readonly version: NvsVersion,
  ) {
    checkPartitionSize(sizeBytes);
    this.#image = new Uint8Array(sizeBytes).fill(0xff);
    this.#readOnly = sizeBytes < READ_WRITE_MIN_SIZE;
    this.#dataPages = sizeBytes / PAGE_SIZE - (this.#readOnly ? 0 : 1);
    this.#openPage(undefined);
  }

  /**
   * Places one item.
   *
   * @throws NVS_FULL when no page is left, NVS_VALUE_INVALID when it is longer than the format allows.
   */
  write(item: NvsItem): NvsPlace {
    if (item.kind === 'integer') return this.#writeInteger(item);
    if (item.kind === 'blob' && this.version === 2) return this.#writeChunks(item);
    return this.#writeInOnePage(item);
  }

  /**
   * The finished image: the partition's size; but of a read-only partition only the pages in use, as the tool writes it.
   */
  finish(): Uint8Array {
    return this.#readOnly ? this.#image.subarray(0, (this.#page + 1) * PAGE_SIZE) : this.#image;
  }

  get #pageOffset(): number {
    return this.#page * PAGE_SIZE;
  }

  #openPage(item: NvsItem | undefined): void {
    if (this.#page >= 0) markPageFull(this.#image, this.#pageOffset);
    if (this.#page + 1 >= this.#dataPages) {
      throw new EspmintError('NVS_FULL', { where: whereIs(item), sizeBytes: this.#image.length });
    }
    this.#page += 1;
    this.#used = 0;
    writePageHeader(this.#image, this.#pageOffset, this.#page, this.version);
  }

  /** Takes the next slots of the current page and returns the offset of the first one. */
  #take(slots: number): number {
    const at = this.#pageOffset + slotOffset(this.#used);
    markWritten(this.#image, this.#pageOffset, this.#used, slots);
    this.#used += slots;
    return at;
  }

  #writeInteger(item: NvsItem & { kind: 'integer' }): NvsPlace {
    if (this.#used === SLOTS_PER_PAGE) this.#openPage(item);
    const at = this.#take(1);
    const { namespaceIndex, key } = item;
    writeEntryHead(this.#image, at, {
      namespaceIndex,
      key,
      type: ENTRY_TYPE[item.type],
      span: 1,
      chunk: CHUNK_ANY,
    });
    writeInteger(this.#image, at + ENTRY.value, INTEGERS[item.type].bytes, item.value);
    sealEntry(this.#image, at);
    return { offsetBytes: at, span: 1 };
  }

  /** Strings, and blobs of version 1. */
  #writeInOnePage(item: NvsItem & { kind: 'string' | 'blob' }): NvsPlace {
    this.#checkLength(item);
    const span = 1 + slotsFor(item.data.length);
    // The generator never lets such an item end on the last slot of a page (an off-by-one of its own). Only a string
    // of 126 slots, which the generator cannot write at all, goes where firmware would put it: alone on a page.
    const lastAllowed = span === SLOTS_PER_PAGE ? SLOTS_PER_PAGE : SLOTS_PER_PAGE - 1;
    if (this.#used + span > lastAllowed) this.#openPage(item);
    const type = item.kind === 'string' ? ENTRY_TYPE.string : ENTRY_TYPE.blobV1;
    return {
      offsetBytes: this.#writeData(item, { type, span, chunk: CHUNK_ANY }, 0, item.data.length),
      span,
    };
  }

  /** A blob of version 2: as many chunks as the pages ask for, then the index that names their number. */
  #writeChunks(item: NvsItem & { kind: 'string' | 'blob' }): NvsPlace {
    if (this.#used === SLOTS_PER_PAGE) this.#openPage(item);
    const { data } = item;
    let first: NvsPlace | undefined;
    let chunks = 0;
    let done = 0;
    do {
      if (chunks === CHUNKS_MAX) throw tooLong(item, `more than the ${CHUNKS_MAX} pieces a blob can have`);
      const room = (SLOTS_PER_PAGE - 1 - this.#used) * SLOT_SIZE;
      const end = Math.min(data.length, done + room);
      const span = 1 + slotsFor(end - done);
      const offsetBytes = this.#writeData(
        item,
        { type: ENTRY_TYPE.blobData, span, chunk: chunks },
        done,
        end,
      );
      first ??= { offsetBytes, span };
      chunks += 1;
      const pageIsFull = room - (end - done) < SLOT_SIZE;
      done = end;
      if (done < data.length || pageIsFull) this.#openPage(item);
    } while (done < data.length);
    this.#writeBlobIndex(item, chunks);
    return first;
  }

  #writeBlobIndex(item: NvsItem & { kind: 'string' | 'blob' }, chunks: number): void {
    const at = this.#take(1);
    const { namespaceIndex, key } = item;
    writeEntryHead(this.#image, at, {
      namespaceIndex,
      key,
      type: ENTRY_TYPE.blobIndex,
      span: 1,
      chunk: CHUNK_ANY,
    });
    writeU32(this.#image, at + ENTRY.blobLength, item.data.length);
    this.#image[at + ENTRY.chunkCount] = chunks;
    this.#image[at + ENTRY.chunkStart] = 0;
    sealEntry(this.#image, at);
  }

  /** An entry and its data, bytes `from` to `to` of the item. */
  #writeData(
    item: NvsItem & { kind: 'string' | 'blob' },
    head: { type: number; span: number; chunk: number },
    from: number,
    to: number,
  ): number {
    const at = this.#take(head.span);
    writeEntryHead(this.#image, at, { namespaceIndex: item.namespaceIndex, key: item.key, ...head });
    writeDataDescription(this.#image, at, item.data, from, to);
    sealEntry(this.#image, at);
    this.#image.set(item.data.subarray(from, to), at + SLOT_SIZE);
    return at;
  }

  #checkLength(item: NvsItem & { kind: 'string' | 'blob' }): void {
    const limit = item.kind === 'string' ? STRING_MAX_BYTES[this.version] : BLOB_V1_MAX_BYTES;
    if (item.data.length > limit) throw tooLong(item, `more than ${limit}`);
  }
}

/** How messages name an item. */
function whereIs(item: NvsItem | undefined): string {
  if (item === undefined) return 'the partition';
  if (item.source === undefined) return `key "${item.key}"`;
  return `${item.source.file}:${item.source.line}:${item.source.column}: key "${item.key}"`;
}

function tooLong(item: NvsItem & { kind: 'string' | 'blob' }, limit: string): EspmintError {
  return new EspmintError('NVS_VALUE_INVALID', {
    where: whereIs(item),
    reason: `takes ${item.data.length} bytes as a ${item.kind}, ${limit}`,
    hint: item.kind === 'string' ? 'store it as a blob' : 'use format version 2 or split the value',
  });
}

// Builds partitions as a device leaves them: pages in any order, erased entries, copies, both kinds of blobs. What
// firmware can do and the generator never does.
import { writeU32 } from '../../src/core/nvs/bytes.js';
import { sealEntry, writeDataDescription, writeEntryHead } from '../../src/core/nvs/entry.js';
import { ENTRY, ENTRY_TYPE, PAGE_SIZE, PAGE_STATE, SLOT_SIZE, slotsFor } from '../../src/core/nvs/layout.js';
import { markWritten, slotOffset, writePageHeader } from '../../src/core/nvs/page.js';

export interface DumpEntry {
  readonly namespaceIndex: number;
  readonly key: string;
  readonly type: keyof typeof ENTRY_TYPE;
  /** Number of an integer of one byte, or the data of a string or blob. */
  readonly value?: number | Uint8Array;
  readonly chunk?: number;
  /** Of a blob index. */
  readonly index?: { readonly lengthBytes: number; readonly count: number; readonly start: number };
  readonly erased?: boolean;
}

export interface DumpPage {
  readonly state: keyof typeof PAGE_STATE;
  readonly sequence: number;
  readonly entries: readonly DumpEntry[];
}

/** A partition of these pages; `undefined` is a blank one. */
export function buildDump(pages: readonly (DumpPage | undefined)[]): Uint8Array {
  const image = new Uint8Array(pages.length * PAGE_SIZE).fill(0xff);
  pages.forEach((page, i) => {
    if (page === undefined) return;
    writePageHeader(image, i * PAGE_SIZE, page.sequence, 2);
    writeU32(image, i * PAGE_SIZE, PAGE_STATE[page.state]);
    let slot = 0;
    for (const entry of page.entries) slot += writeEntry(image, i * PAGE_SIZE, slot, entry);
  });
  return image;
}

function writeEntry(image: Uint8Array, page: number, slot: number, entry: DumpEntry): number {
  const at = page + slotOffset(slot);
  const data = typeof entry.value === 'object' ? entry.value : undefined;
  const span = 1 + slotsFor(data?.length ?? 0);
  const { namespaceIndex, key, type, chunk = 0xff } = entry;
  writeEntryHead(image, at, { namespaceIndex, key, type: ENTRY_TYPE[type], span, chunk });
  if (data !== undefined) {
    writeDataDescription(image, at, data, 0, data.length);
    image.set(data, at + SLOT_SIZE);
  }
  if (typeof entry.value === 'number') image[at + ENTRY.value] = entry.value;
  if (entry.index !== undefined) {
    writeU32(image, at + ENTRY.blobLength, entry.index.lengthBytes);
    image[at + ENTRY.chunkCount] = entry.index.count;
    image[at + ENTRY.chunkStart] = entry.index.start;
  }
  sealEntry(image, at);
  markWritten(image, page, slot, span);
  if (entry.erased === true) clearBits(image, page, slot, span);
  return span;
}

/** Written (10) becomes erased (00), as flash allows. */
function clearBits(image: Uint8Array, page: number, first: number, count: number): void {
  for (let slot = first; slot < first + count; slot++) {
    const byte = page + 32 + (slot >>> 2);
    image[byte] = (image[byte] ?? 0) & ~(3 << (2 * (slot & 3)));
  }
}

// Reads NVS as the firmware on a chip would: a second, independent reading of the format (ESP-IDF, "NVS internals").
import { crc32 } from 'node:zlib';
import { viewOf } from '../packet.js';

const PAGE_BYTES = 4096;
const ENTRY_BYTES = 32;
const ENTRIES = 126;
/** Header and entry state bitmap, 32 bytes each, then the entries. */
const BITMAP_AT = 32;
const ENTRIES_AT = 64;
/** Page states are written by clearing bits: active, full, freeing. */
const LIVE_PAGES: readonly number[] = [0xffff_fffe, 0xffff_fffc, 0xffff_fff8];
const ENTRY_WRITTEN = 0b10;
const TYPE_STRING = 0x21;
const TYPE_U8 = 0x01;
/** A blob of format version 1, a piece of one of version 2, and the entry that counts the pieces. */
const BLOB_TYPES: readonly number[] = [0x41, 0x42];
const TYPE_BLOB_INDEX = 0x48;
/** Pieces count up from 0, or from 128 after a rewrite. */
const FIRST_CHUNK_STEP = 128;
const NUMBER_TYPES: readonly number[] = [0x01, 0x02, 0x04, 0x08, 0x11, 0x12, 0x14, 0x18];
/** Start value of all checksums of NVS. */
const CRC_SEED = 0xffff_ffff;

export interface NvsItem {
  readonly namespace: string;
  readonly key: string;
  /** Numbers in decimal; of a blob empty. */
  readonly value: string;
  /** Of a blob: its bytes. */
  readonly blob?: Uint8Array;
}

interface RawItem {
  readonly namespaceIndex: number;
  readonly type: number;
  readonly key: string;
  readonly value: string;
  readonly blob?: Uint8Array;
  /** Of a piece of a blob: which one. */
  readonly chunk: number;
}

/** All values of an NVS partition that are whole; what is not is passed over, as firmware does. */
export function readNvs(partition: Uint8Array): NvsItem[] {
  const raw = pagesInOrder(partition).flatMap(itemsOfPage);
  const names = new Map(
    raw
      .filter(({ namespaceIndex, type }) => namespaceIndex === 0 && type === TYPE_U8)
      .map((item) => [Number(item.value), item.key]),
  );
  const latest = new Map<string, NvsItem>();
  for (const { namespaceIndex, type, key, value, blob, chunk } of raw) {
    const namespace = names.get(namespaceIndex);
    if (namespaceIndex === 0 || namespace === undefined || type === TYPE_BLOB_INDEX) continue;
    const name = `${namespace}/${key}`;
    if (blob === undefined) {
      latest.set(name, { namespace, key, value });
      continue;
    }
    // Pieces of a long blob follow one another; a first piece begins a new one.
    const before = chunk % FIRST_CHUNK_STEP === 0 ? undefined : latest.get(name)?.blob;
    const whole = Uint8Array.from([...(before ?? []), ...blob]);
    latest.set(name, { namespace, key, value: '', blob: whole });
  }
  return [...latest.values()];
}

/** Later pages override earlier ones. */
function pagesInOrder(partition: Uint8Array): Uint8Array[] {
  const pages: { sequence: number; page: Uint8Array }[] = [];
  for (let at = 0; at + PAGE_BYTES <= partition.length; at += PAGE_BYTES) {
    const page = partition.subarray(at, at + PAGE_BYTES);
    const view = viewOf(page);
    const isSound = view.getUint32(28, true) === crc32(page.subarray(4, 28), CRC_SEED);
    if (isSound && LIVE_PAGES.includes(view.getUint32(0, true))) {
      pages.push({ sequence: view.getUint32(4, true), page });
    }
  }
  return pages.sort((a, b) => a.sequence - b.sequence).map(({ page }) => page);
}

function itemsOfPage(page: Uint8Array): RawItem[] {
  const items: RawItem[] = [];
  let index = 0;
  while (index < ENTRIES) {
    const at = ENTRIES_AT + index * ENTRY_BYTES;
    const span = stateOf(page, index) === ENTRY_WRITTEN ? (page[at + 2] ?? 1) : 1;
    if (stateOf(page, index) === ENTRY_WRITTEN) {
      const item = itemAt(page.subarray(at, at + Math.max(1, span) * ENTRY_BYTES));
      if (item !== undefined) items.push(item);
    }
    index += Math.max(1, span);
  }
  return items;
}

/** Two bits an entry, lowest first. */
function stateOf(page: Uint8Array, index: number): number {
  const byte = page[BITMAP_AT + (index >> 2)] ?? 0xff;
  return (byte >> (2 * (index & 3))) & 0b11;
}

function itemAt(bytes: Uint8Array): RawItem | undefined {
  const view = viewOf(bytes);
  const header = bytes.subarray(0, ENTRY_BYTES);
  const checked = Uint8Array.from([...header.subarray(0, 4), ...header.subarray(8, 32)]);
  if (view.getUint32(4, true) !== crc32(checked, CRC_SEED)) return undefined;
  const type = view.getUint8(1);
  const name = {
    namespaceIndex: view.getUint8(0),
    type,
    key: textUntilNul(header.subarray(8, 24)),
    chunk: BLOB_TYPES[1] === type ? view.getUint8(3) : 0,
  };
  if (BLOB_TYPES.includes(type)) {
    const blob = bytes.slice(ENTRY_BYTES, ENTRY_BYTES + view.getUint16(24, true));
    return view.getUint32(28, true) === crc32(blob, CRC_SEED) ? { ...name, value: '', blob } : undefined;
  }
  const value = valueOf(type, bytes, view);
  return value === undefined ? undefined : { ...name, value };
}

function valueOf(type: number, bytes: Uint8Array, view: DataView): string | undefined {
  if (type === TYPE_STRING) {
    const data = bytes.subarray(ENTRY_BYTES, ENTRY_BYTES + view.getUint16(24, true));
    return view.getUint32(28, true) === crc32(data, CRC_SEED) ? textUntilNul(data) : undefined;
  }
  if (!NUMBER_TYPES.includes(type)) return undefined;
  const size = 8 * (type & 0x0f);
  const raw = view.getBigUint64(24, true);
  return ((type & 0x10) !== 0 ? BigInt.asIntN(size, raw) : BigInt.asUintN(size, raw)).toString();
}

function textUntilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}

// One 32-byte entry: namespace index, type, span, chunk, CRC, key, and eight bytes of value or data description.
import { readU16, readU32, writeU16, writeU32 } from './bytes.js';
import { crc32Update, nvsCrc32 } from './crc32.js';
import { ENTRY, SLOT_SIZE } from './layout.js';

/** Fills in everything but the value bytes and the CRC. `key` is ASCII of at most 15 characters. */
export function writeEntryHead(
  bytes: Uint8Array,
  at: number,
  head: { namespaceIndex: number; type: number; span: number; chunk: number; key: string },
): void {
  bytes[at + ENTRY.namespaceIndex] = head.namespaceIndex;
  bytes[at + ENTRY.type] = head.type;
  bytes[at + ENTRY.span] = head.span;
  bytes[at + ENTRY.chunk] = head.chunk;
  bytes.fill(0, at + ENTRY.key, at + ENTRY.keyEnd);
  for (let i = 0; i < head.key.length; i++) bytes[at + ENTRY.key + i] = head.key.charCodeAt(i);
}

/** Describes the data of a string or chunk: its length and CRC. The two bytes between stay 0xFF. */
export function writeDataDescription(
  bytes: Uint8Array,
  at: number,
  data: Uint8Array,
  from: number,
  to: number,
): void {
  writeU16(bytes, at + ENTRY.dataLength, to - from);
  writeU32(bytes, at + ENTRY.dataCrc, nvsCrc32(data, from, to));
}

/** CRC of an entry: bytes 0..3 and 8..31, so all but the CRC itself. */
function entryCrc(bytes: Uint8Array, at: number): number {
  const head = crc32Update(0, bytes, at, at + ENTRY.crc);
  return ~crc32Update(head, bytes, at + ENTRY.key, at + SLOT_SIZE) >>> 0;
}

/** Writes the entry's CRC; call it when all other bytes are in place. */
export function sealEntry(bytes: Uint8Array, at: number): void {
  writeU32(bytes, at + ENTRY.crc, entryCrc(bytes, at));
}

/** The fields of an entry as they stand, whether they make sense or not. */
export interface EntryFields {
  readonly namespaceIndex: number;
  readonly type: number;
  readonly span: number;
  readonly chunk: number;
  readonly key: string;
  readonly crcOk: boolean;
  /** Length and CRC of the data, meaningful for strings and blob data only. */
  readonly dataLength: number;
  readonly dataCrc: number;
}

/** Reads the entry at `at`. Key bytes outside ASCII come out as U+FFFD. */
export function readEntry(bytes: Uint8Array, at: number): EntryFields {
  return {
    namespaceIndex: bytes[at + ENTRY.namespaceIndex] ?? 0,
    type: bytes[at + ENTRY.type] ?? 0,
    span: bytes[at + ENTRY.span] ?? 0,
    chunk: bytes[at + ENTRY.chunk] ?? 0,
    key: readKey(bytes, at + ENTRY.key),
    crcOk: readU32(bytes, at + ENTRY.crc) === entryCrc(bytes, at),
    dataLength: readU16(bytes, at + ENTRY.dataLength),
    dataCrc: readU32(bytes, at + ENTRY.dataCrc),
  };
}

function readKey(bytes: Uint8Array, at: number): string {
  let key = '';
  for (let i = 0; i < ENTRY.keyEnd - ENTRY.key; i++) {
    const byte = bytes[at + i] ?? 0;
    if (byte === 0) break;
    key += byte < 0x80 ? String.fromCharCode(byte) : '\ufffd';
  }
  return key;
}

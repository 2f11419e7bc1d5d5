// Where everything stands in an NVS partition: sizes, offsets and codes, with the names of Espressif's nvs_flash.
// All numbers are little-endian.

/** Bytes of a page, the flash sector that firmware erases as one. A partition is a whole number of pages. */
export const PAGE_SIZE = 4096;
/** Slots of 32 bytes in a page: each holds an entry or a piece of an entry's data. */
export const SLOTS_PER_PAGE = 126;
export const SLOT_SIZE = 32;

/** From this size on, the last page stays blank: firmware needs it to move entries. Below, the partition is read-only. */
export const READ_WRITE_MIN_SIZE = 3 * PAGE_SIZE;
/** No ESP32 addresses more flash than this; it also bounds what a wrong size can make us allocate. */
export const PARTITION_MAX_SIZE = 256 * 1024 * 1024;

/** Offsets in a page. */
export const PAGE = {
  state: 0,
  sequence: 4,
  version: 8,
  /** The header CRC covers bytes 4..27: the state is left out, because firmware changes it in place. */
  crcStart: 4,
  crcEnd: 28,
  crc: 28,
  bitmap: 32,
  bitmapEnd: 64,
  slots: 64,
} as const;

/** The page state word. Each step only clears bits, as flash can. */
export const PAGE_STATE = {
  empty: 0xffffffff,
  active: 0xfffffffe,
  full: 0xfffffffc,
  freeing: 0xfffffff8,
  corrupt: 0xfffffff0,
} as const;

/** The version byte of a page, by format version: 2 splits blobs over pages, 1 does not. */
export const VERSION_BYTE = { 1: 0xff, 2: 0xfe } as const;
export type NvsVersion = keyof typeof VERSION_BYTE;

/** Offsets in an entry. */
export const ENTRY = {
  namespaceIndex: 0,
  type: 1,
  span: 2,
  chunk: 3,
  crc: 4,
  key: 8,
  keyEnd: 24,
  value: 24,
  /** Of strings and blob data: length of the data, then (after two unused bytes) its CRC. */
  dataLength: 24,
  dataCrc: 28,
  /** Of a blob index: length of the whole blob, number of chunks, number of the first chunk. */
  blobLength: 24,
  chunkCount: 28,
  chunkStart: 29,
} as const;

/** Longest key or namespace name in bytes: the 16-byte field ends with a NUL. */
export const KEY_MAX_BYTES = 15;
/** Entries that are not blob chunks carry this chunk number. */
export const CHUNK_ANY = 0xff;
/** Firmware numbers the chunks of a blob from here when the older copy of the same blob starts at 0. */
export const CHUNK_START_OTHER = 0x80;
/** A one-byte chunk count. */
export const CHUNKS_MAX = 255;
/** Firmware keeps index 255 for itself. */
export const NAMESPACES_MAX = 254;
/** Longest string in bytes, NUL included. Version 1 also limits blobs to the second number. */
export const STRING_MAX_BYTES = { 1: 1984, 2: 4000 } as const;
export const BLOB_V1_MAX_BYTES = 1984;

/** The type byte of an entry. The high digit says signed or not, the low one the size. */
export const ENTRY_TYPE = {
  u8: 0x01,
  i8: 0x11,
  u16: 0x02,
  i16: 0x12,
  u32: 0x04,
  i32: 0x14,
  u64: 0x08,
  i64: 0x18,
  string: 0x21,
  blobV1: 0x41,
  blobData: 0x42,
  blobIndex: 0x48,
} as const;

export type NvsIntegerType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64';

/** Width and range of each integer type. */
export const INTEGERS: Readonly<Record<NvsIntegerType, { bytes: 1 | 2 | 4 | 8; min: bigint; max: bigint }>> =
  {
    u8: { bytes: 1, min: 0n, max: 0xffn },
    i8: { bytes: 1, min: -0x80n, max: 0x7fn },
    u16: { bytes: 2, min: 0n, max: 0xffffn },
    i16: { bytes: 2, min: -0x8000n, max: 0x7fffn },
    u32: { bytes: 4, min: 0n, max: 0xffffffffn },
    i32: { bytes: 4, min: -0x80000000n, max: 0x7fffffffn },
    u64: { bytes: 8, min: 0n, max: 0xffffffffffffffffn },
    i64: { bytes: 8, min: -0x8000000000000000n, max: 0x7fffffffffffffffn },
  };

const INTEGER_BY_CODE = new Map<number, NvsIntegerType>(
  (Object.keys(INTEGERS) as NvsIntegerType[]).map((type) => [ENTRY_TYPE[type], type]),
);

/** The integer type that a type byte stands for, or undefined. */
export function integerTypeOf(code: number): NvsIntegerType | undefined {
  return INTEGER_BY_CODE.get(code);
}

/** True for entries whose data follows in further slots: strings, blobs of version 1 and blob chunks. */
export function hasData(code: number): boolean {
  return code === ENTRY_TYPE.string || code === ENTRY_TYPE.blobV1 || code === ENTRY_TYPE.blobData;
}

/** Slots that `bytes` of data fill. */
export function slotsFor(bytes: number): number {
  return Math.ceil(bytes / SLOT_SIZE);
}

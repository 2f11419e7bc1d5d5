// Loader commands and replies as bytes (esptool documentation, "Serial Protocol"): pure, no link.

/** Operation codes. `stub` marks those that the ROM does not know. */
export const OP = {
  flashBegin: 0x02,
  flashData: 0x03,
  flashEnd: 0x04,
  memBegin: 0x05,
  memEnd: 0x06,
  memData: 0x07,
  sync: 0x08,
  writeRegister: 0x09,
  readRegister: 0x0a,
  spiSetParams: 0x0b,
  spiAttach: 0x0d,
  /** ROM only. */
  readFlashSlow: 0x0e,
  changeBaud: 0x0f,
  flashDeflBegin: 0x10,
  flashDeflData: 0x11,
  flashDeflEnd: 0x12,
  flashMd5: 0x13,
  securityInfo: 0x14,
  /** The rest: stub only. */
  eraseFlash: 0xd0,
  eraseRegion: 0xd1,
  readFlash: 0xd2,
} as const;
export type Op = (typeof OP)[keyof typeof OP];

const DIRECTION_REQUEST = 0x00;
const DIRECTION_REPLY = 0x01;
const HEADER_BYTES = 8;
/** Status bytes that a reply ends with have at least these two: failed or not, and why. */
const STATUS_BYTES = 2;
const CHECKSUM_SEED = 0xef;

export interface Reply {
  readonly op: number;
  /** The word of the header: a register's value, or of no meaning. */
  readonly value: number;
  /** All behind the header, status bytes included. */
  readonly body: Uint8Array;
}

/** A whole request, not yet framed. `checksum` is that of a data block, else 0. */
export function encodeRequest(op: Op, data: Uint8Array, checksum = 0): Uint8Array {
  const request = new Uint8Array(HEADER_BYTES + data.length);
  const view = new DataView(request.buffer);
  view.setUint8(0, DIRECTION_REQUEST);
  view.setUint8(1, op);
  view.setUint16(2, data.length, true);
  view.setUint32(4, checksum, true);
  request.set(data, HEADER_BYTES);
  return request;
}

/** A frame's content as a reply; undefined for what is none: boot text, noise, a cut frame. */
export function decodeReply(frame: Uint8Array): Reply | undefined {
  if (frame.length < HEADER_BYTES + STATUS_BYTES || frame[0] !== DIRECTION_REPLY) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (view.getUint16(2, true) !== frame.length - HEADER_BYTES) return undefined;
  return { op: view.getUint8(1), value: view.getUint32(4, true), body: frame.subarray(HEADER_BYTES) };
}

/** XOR of a data block's bytes. */
export function checksumOf(block: Uint8Array): number {
  return block.reduce((sum, byte) => sum ^ byte, CHECKSUM_SEED);
}

/** 32-bit little-endian words, as most requests are made of. */
export function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint32(index * 4, value, true));
  return bytes;
}

/** A data block with its 16-byte head: length, sequence number, two zeros. */
export function dataBlock(block: Uint8Array, sequence: number): Uint8Array {
  const data = new Uint8Array(16 + block.length);
  data.set(words(block.length, sequence, 0, 0));
  data.set(block, 16);
  return data;
}

/** The 36 bytes of SYNC. */
export const SYNC_DATA = Uint8Array.of(0x07, 0x07, 0x12, 0x20, ...new Array<number>(32).fill(0x55));

/** What a reply holds once its status is taken off. */
export type Outcome =
  | { readonly ok: true; readonly data: Uint8Array }
  /** ROM: one byte. Stub: two bytes, the first not below 0xc0. */
  | { readonly ok: false; readonly code: number };

/**
 * Splits a reply's body. The status stands right behind the data; ROMs pad it to four bytes, the stub does not. A failed
 * command may leave its data out.
 * @param dataBytes the lengths of data that the command may answer with.
 * @returns undefined when the body is too short to hold any of them.
 */
export function splitBody(body: Uint8Array, dataBytes: readonly number[]): Outcome | undefined {
  const length = Math.max(-1, ...dataBytes.filter((bytes) => body.length >= bytes + STATUS_BYTES));
  const at = Math.max(0, length);
  const failed = body[at] ?? 0;
  const reason = body[at + 1] ?? 0;
  if (failed !== 0) return { ok: false, code: failed >= STUB_CODES_FROM ? (failed << 8) | reason : reason };
  return length === -1 ? undefined : { ok: true, data: body.subarray(0, length) };
}

const STUB_CODES_FROM = 0xc0;

/** "Received message is invalid": what a ROM answers to an operation that it does not know or may not do. */
const ROM_INVALID_MESSAGE = 0x05;
const CHECKSUM_FAILED = 0x07;
const STUB_CHECKSUM_FAILED = 0xc100;
const STUB_INVALID_COMMAND = 0xc300;
const STUB_NOT_IMPLEMENTED = 0xff00;

const MEANINGS: Readonly<Record<number, string>> = {
  [ROM_INVALID_MESSAGE]: 'it does not know this command or its form',
  0x06: 'it could not act on it',
  [CHECKSUM_FAILED]: 'the data arrived damaged',
  0x08: 'the flash could not be written',
  0x09: 'the flash could not be read',
  0x0a: 'the length to read is not allowed',
  0x0b: 'the compressed data could not be unpacked',
  0x0c: 'the compressed data has a wrong checksum',
  0x0d: 'the compressed data has a wrong form',
  0x0e: 'the size does not fit its RAM',
  0x0f: 'the address is not in its RAM',
  0xc000: 'the length is wrong',
  [STUB_CHECKSUM_FAILED]: 'the data arrived damaged',
  0xc200: 'the block size is wrong',
  [STUB_INVALID_COMMAND]: 'it does not know this command',
  0xc400: 'the flash did not carry it out',
  0xc500: 'the flash could not be unlocked',
  0xc600: 'no write was begun',
  0xc700: 'the compressed data could not be unpacked',
  0xc800: 'data is missing',
  0xc900: 'there is too much data',
  [STUB_NOT_IMPLEMENTED]: 'it does not have this command',
};

/** The loader's error code in words. */
export function meaningOf(code: number): string {
  return MEANINGS[code] ?? 'it gave no known reason';
}

/** Whether the loader says that it lacks the command, rather than that it failed. */
export function isUnsupported(code: number): boolean {
  return code === ROM_INVALID_MESSAGE || code === STUB_INVALID_COMMAND || code === STUB_NOT_IMPLEMENTED;
}

/** Whether a data block was refused unread and may simply be sent again. */
export function isChecksumFailure(code: number): boolean {
  return code === CHECKSUM_FAILED || code === STUB_CHECKSUM_FAILED;
}

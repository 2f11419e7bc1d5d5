// Requests and replies of the serial protocol, as the chip sees them (esptool documentation, "Serial Protocol").
import { encodeSlip } from './slip.js';

/** Commands by their op code. */
export const OP = {
  FLASH_BEGIN: 0x02,
  FLASH_DATA: 0x03,
  FLASH_END: 0x04,
  MEM_BEGIN: 0x05,
  MEM_END: 0x06,
  MEM_DATA: 0x07,
  SYNC: 0x08,
  WRITE_REG: 0x09,
  READ_REG: 0x0a,
  SPI_SET_PARAMS: 0x0b,
  SPI_ATTACH: 0x0d,
  READ_FLASH_SLOW: 0x0e,
  CHANGE_BAUDRATE: 0x0f,
  FLASH_DEFL_BEGIN: 0x10,
  FLASH_DEFL_DATA: 0x11,
  FLASH_DEFL_END: 0x12,
  SPI_FLASH_MD5: 0x13,
  GET_SECURITY_INFO: 0x14,
  ERASE_FLASH: 0xd0,
  ERASE_REGION: 0xd1,
  READ_FLASH: 0xd2,
  RUN_USER_CODE: 0xd3,
} as const;

const HEADER_BYTES = 8;
/** Sub-header of the *_DATA commands: length, sequence number, 0, 0. */
export const DATA_HEADER_BYTES = 16;
const CHECKSUM_SEED = 0xef;

export interface Request {
  readonly op: number;
  /** Length field of the header: bytes of `data` that the host meant to send. */
  readonly length: number;
  readonly checksum: number;
  readonly data: Uint8Array;
}

/** Undefined where the frame is no request at all: too short, or its direction byte is not 0. */
export function decodeRequest(frame: Uint8Array): Request | undefined {
  if (frame.length < HEADER_BYTES || frame[0] !== 0) return undefined;
  const view = viewOf(frame);
  return {
    op: view.getUint8(1),
    length: view.getUint16(2, true),
    checksum: view.getUint32(4, true),
    data: frame.subarray(HEADER_BYTES),
  };
}

/** One reply of the stub, SLIP-encoded; `status` stands after the data. */
export function encodeReply(op: number, value: number, data: Uint8Array, status: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + data.length + status.length);
  const view = viewOf(frame);
  view.setUint8(0, 1);
  view.setUint8(1, op);
  view.setUint16(2, data.length + status.length, true);
  view.setUint32(4, value >>> 0, true);
  frame.set(data, HEADER_BYTES);
  frame.set(status, HEADER_BYTES + data.length);
  return encodeSlip(frame);
}

/** 32-bit little-endian words of a request; missing ones are 0. */
export function wordsOf(data: Uint8Array): number[] {
  const view = viewOf(data);
  return Array.from({ length: Math.floor(data.length / 4) }, (_, n) => view.getUint32(4 * n, true));
}

/** One such word by its index. */
export const wordAt = (data: Uint8Array, index: number): number => viewOf(data).getUint32(4 * index, true);

/** XOR of all bytes, seeded with EF. */
export function checksumOf(payload: Uint8Array): number {
  let sum = CHECKSUM_SEED;
  for (const byte of payload) sum ^= byte;
  return sum;
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

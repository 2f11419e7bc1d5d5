// Frames of the journal: length, checksum, payload; a torn or damaged tail ends the reading.
import { crc32 } from 'node:zlib';
import { EspmintError } from '../../core/errors/index.js';

/** `ESPMINTJ` and the version of the format. */
const MAGIC = new TextEncoder().encode('ESPMINTJ1');
/** Two little-endian 32-bit numbers: payload bytes, CRC-32 (IEEE) of the payload. */
const HEAD_BYTES = 8;
/** Far above any record of ours, as of a hundred thousand places that are asked for at once: more is damage. */
const PAYLOAD_MAX_BYTES = 16 * 1024 * 1024;

export function journalHeader(): Uint8Array {
  return MAGIC.slice();
}

/** @throws INTERNAL for what could not be read again */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  if (payload.length > PAYLOAD_MAX_BYTES)
    throw new EspmintError('INTERNAL', { reason: `a record of ${payload.length} bytes is too long` });
  const frame = new Uint8Array(HEAD_BYTES + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint32(4, crc32(payload), true);
  frame.set(payload, HEAD_BYTES);
  return frame;
}

export interface DecodedFrames {
  readonly payloads: readonly Uint8Array[];
  /** Bytes from the start that are whole; what follows was cut off while being written, or damaged. */
  readonly wholeBytes: number;
}

/** Reads all whole frames. Bytes that are no journal at all give none, and 0 whole bytes. */
export function decodeFrames(bytes: Uint8Array): DecodedFrames {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) return { payloads: [], wholeBytes: 0 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payloads: Uint8Array[] = [];
  let at = MAGIC.length;
  while (at + HEAD_BYTES <= bytes.length) {
    const [length, checksum] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const end = at + HEAD_BYTES + length;
    if (length > PAYLOAD_MAX_BYTES || end > bytes.length) break;
    const payload = bytes.subarray(at + HEAD_BYTES, end);
    if (crc32(payload) !== checksum) break;
    payloads.push(payload);
    at = end;
  }
  return { payloads, wholeBytes: at };
}

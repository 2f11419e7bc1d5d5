// Frames of a log on disk: marker, length, checksum, payload. A reader that meets damage mends one flipped bit, else goes on
// at the next marker: what is broken costs itself and nothing behind it.
import { crc32 } from 'node:zlib';
import { EspmintError } from '../../core/errors/index.js';

/** 0xFF stands in no UTF-8 text, so in no payload; the last byte is the version of the format. */
const MARKER = Uint8Array.of(0xff, 0x45, 0x4d, 0x01);
/** The marker, then two little-endian 32-bit numbers: payload bytes, CRC-32 (IEEE) of those four bytes and the payload. */
const LENGTH_AT = 4;
const CHECKSUM_AT = 8;
const HEAD_BYTES = 12;
/** Far above any record of ours, as of a hundred thousand units that are asked for at once: more is damage. */
const PAYLOAD_MAX_BYTES = 16 * 1024 * 1024;
/** In up to 91,607 bits CRC-32 tells which single bit was flipped (Koopman, "CRC polynomial zoo": distance 4). */
const MENDABLE_MAX_BYTES = 11_000;
const CRC_POLYNOMIAL = 0xed_b8_83_20;

/** @throws INTERNAL for what could not be read again */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  if (payload.length > PAYLOAD_MAX_BYTES)
    throw new EspmintError('INTERNAL', { reason: `a record of ${payload.length} bytes is too long` });
  const frame = new Uint8Array(HEAD_BYTES + payload.length);
  frame.set(MARKER);
  frame.set(payload, HEAD_BYTES);
  const view = new DataView(frame.buffer);
  view.setUint32(LENGTH_AT, payload.length, true);
  view.setUint32(CHECKSUM_AT, checksumOf(payload.length, payload), true);
  return frame;
}

/** Bytes that are no frame. `cut`: at the end, as a power cut leaves them of a record that was never reported as stored. */
interface Damage {
  readonly atBytes: number;
  readonly sizeBytes: number;
  readonly kind: 'damaged' | 'cut';
}

export interface DecodedFrames {
  readonly payloads: readonly Uint8Array[];
  /** Frames with one flipped bit, which are among the payloads as they were written. */
  readonly mended: number;
  readonly damage: readonly Damage[];
}

export function decodeFrames(bytes: Uint8Array): DecodedFrames {
  const payloads: Uint8Array[] = [];
  const damage: Damage[] = [];
  let mended = 0;
  let at = 0;
  while (at < bytes.length) {
    const whole = wholeFrame(bytes, at);
    const frame = whole ?? mendedFrame(bytes, at);
    if (frame !== undefined) {
      payloads.push(frame.payload);
      if (whole === undefined) mended += 1;
      at = frame.end;
      continue;
    }
    const next = nextMarker(bytes, at + 1);
    const sizeBytes = next - at;
    const isCut = next === bytes.length && startsLikeFrame(bytes, at);
    // A file system may have grown the file before the bytes came: nothing was ever there.
    if (!bytes.subarray(at, next).every((byte) => byte === 0))
      damage.push({ atBytes: at, sizeBytes, kind: isCut ? 'cut' : 'damaged' });
    at = next;
  }
  return { payloads, mended, damage };
}

interface Frame {
  readonly payload: Uint8Array;
  readonly end: number;
}

function wholeFrame(bytes: Uint8Array, at: number): Frame | undefined {
  if (!hasMarker(bytes, at) || at + HEAD_BYTES > bytes.length) return undefined;
  const { length, checksum } = headOf(bytes, at);
  const end = at + HEAD_BYTES + length;
  if (length > PAYLOAD_MAX_BYTES || end > bytes.length) return undefined;
  const payload = bytes.subarray(at + HEAD_BYTES, end);
  return checksumOf(length, payload) === checksum ? { payload, end } : undefined;
}

/** A frame here with one bit flipped, wherever in it: what the next marker says of its length counts too. */
function mendedFrame(bytes: Uint8Array, at: number): Frame | undefined {
  if (at + HEAD_BYTES > bytes.length || bitsOff(bytes, at) > 1) return undefined;
  const { length, checksum } = headOf(bytes, at);
  const ends = new Set([at + HEAD_BYTES + length, nextMarker(bytes, at + HEAD_BYTES)]);
  for (const end of ends) {
    if (end > bytes.length || (end < bytes.length && !hasMarker(bytes, end))) continue;
    const payload = mendPayload(bytes.subarray(at + HEAD_BYTES, end), checksum);
    if (payload !== undefined) return { payload, end };
  }
  return undefined;
}

function mendPayload(payload: Uint8Array, checksum: number): Uint8Array | undefined {
  if (payload.length > MENDABLE_MAX_BYTES) return undefined;
  const difference = (checksumOf(payload.length, payload) ^ checksum) >>> 0;
  // The marker or the length was hit; or the checksum itself, in one bit.
  if (difference === 0 || (difference & (difference - 1)) === 0) return payload;
  for (let bit = 0; bit < 8; bit++) {
    // What flipping this bit of the last byte makes of the checksum, then of the byte before it, and so on.
    let effect = shiftByte(1 << bit);
    for (let at = payload.length - 1; at >= 0; at--) {
      if (effect === difference) {
        const right = Uint8Array.from(payload);
        right[at] = (right[at] ?? 0) ^ (1 << bit);
        return right;
      }
      effect = shiftByte(effect);
    }
  }
  return undefined;
}

/** CRC-32 of one more zero byte, without the inversions: they cancel out in differences. */
function shiftByte(register: number): number {
  let value = register;
  for (let bit = 0; bit < 8; bit++)
    value = (value & 1) === 1 ? ((value >>> 1) ^ CRC_POLYNOMIAL) >>> 0 : value >>> 1;
  return value >>> 0;
}

function checksumOf(length: number, payload: Uint8Array): number {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, length, true);
  // Of no bytes zlib makes 0, whatever came before.
  return payload.length === 0 ? crc32(head) : crc32(payload, crc32(head));
}

function headOf(bytes: Uint8Array, at: number): { readonly length: number; readonly checksum: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEAD_BYTES);
  return { length: view.getUint32(LENGTH_AT, true), checksum: view.getUint32(CHECKSUM_AT, true) };
}

function hasMarker(bytes: Uint8Array, at: number): boolean {
  return MARKER.every((byte, index) => bytes[at + index] === byte);
}

/** Bits of the marker that differ. */
function bitsOff(bytes: Uint8Array, at: number): number {
  let count = 0;
  MARKER.forEach((byte, index) => {
    for (let off = byte ^ (bytes[at + index] ?? 0); off !== 0; off &= off - 1) count += 1;
  });
  return count;
}

/** Where the next marker begins, or the end. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(MARKER[0] ?? 0, from); at >= 0; at = bytes.indexOf(MARKER[0] ?? 0, at + 1)) {
    if (hasMarker(bytes, at)) return at;
  }
  return bytes.length;
}

/** Whether what stands at the end is the beginning of a frame whose rest never came. */
function startsLikeFrame(bytes: Uint8Array, at: number): boolean {
  const rest = bytes.subarray(at);
  if (rest.length < HEAD_BYTES) return rest.every((byte, index) => index >= 4 || byte === MARKER[index]);
  return hasMarker(bytes, at) && headOf(bytes, at).length > rest.length - HEAD_BYTES;
}

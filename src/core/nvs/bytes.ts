// Little-endian numbers in a byte array. A DataView for every field would cost more than the field.

/** Reads an unsigned 16-bit number. */
export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Reads an unsigned 32-bit number. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (readU16(bytes, at) | (readU16(bytes, at + 2) << 16)) >>> 0;
}

/** Writes the low 16 bits of `value`. */
export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

/** Writes the low 32 bits of `value`. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Writes the low `width` bytes of `value`, two's complement. */
export function writeInteger(
  bytes: Uint8Array,
  at: number,
  width: 1 | 2 | 4 | 8,
  value: number | bigint,
): void {
  if (typeof value === 'bigint') {
    writeU32(bytes, at, Number(value & 0xffffffffn));
    if (width === 8) writeU32(bytes, at + 4, Number((value >> 32n) & 0xffffffffn));
    else bytes.fill(0xff, at + width, at + 4);
    return;
  }
  if (width === 8) return writeInteger(bytes, at, width, BigInt(value));
  for (let i = 0; i < width; i++) bytes[at + i] = value >>> (8 * i);
}

/** Reads a two's complement number of `width` bytes: a bigint for 8, else a number. */
export function readInteger(
  bytes: Uint8Array,
  at: number,
  width: 1 | 2 | 4 | 8,
  signed: boolean,
): number | bigint {
  if (width === 8) {
    const value = (BigInt(readU32(bytes, at + 4)) << 32n) | BigInt(readU32(bytes, at));
    return signed ? BigInt.asIntN(64, value) : value;
  }
  const value = width === 1 ? (bytes[at] ?? 0) : width === 2 ? readU16(bytes, at) : readU32(bytes, at);
  const unusedBits = 32 - 8 * width;
  return signed ? (value << unusedBits) >> unusedBits : value;
}

/** True when all bytes from `start` to `end` are 0xFF, as erased flash reads. */
export function isBlank(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0xff) return false;
  return true;
}

/** True when both hold the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

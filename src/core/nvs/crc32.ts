// The checksum of NVS: CRC-32 (reflected 0xEDB88320), its register starting at 0 instead of all ones.
// Same as `zlib.crc32(data, 0xFFFFFFFF)`; the CRC of nothing is 0xFFFFFFFF.

const TABLE = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  TABLE[byte] = value;
}

/** Runs the register over bytes `start` (inclusive) to `end` (exclusive). Start with 0; finish with `~register >>> 0`. */
export function crc32Update(register: number, bytes: Uint8Array, start: number, end: number): number {
  let crc = register;
  for (let at = start; at < end; at++)
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return crc;
}

/** NVS CRC of bytes `start` to `end` (all by default), as an unsigned 32-bit number. */
export function nvsCrc32(bytes: Uint8Array, start = 0, end = bytes.length): number {
  return ~crc32Update(0, bytes, start, end) >>> 0;
}

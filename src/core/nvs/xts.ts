// AES-XTS (IEEE 1619) over 32-byte units, each with its own tweak, from AES blocks. In bulk: two passes of the block
// cipher over everything instead of two calls a unit, because setting up an AES key costs more than a block.
import { ecb } from '@noble/ciphers/aes.js';

const XTS_UNIT_BYTES = 32;
const BLOCK_BYTES = 16;

/** Data key first, tweak key second: the order of Node's `aes-256-xts`. */
export interface XtsKey {
  readonly data: Uint8Array;
  readonly tweak: Uint8Array;
}

/**
 * Encrypts or decrypts whole units.
 *
 * @param units a multiple of 32 bytes
 * @param tweaks for each unit a number, taken as a 16-byte little-endian tweak
 */
export function xts(
  direction: 'encrypt' | 'decrypt',
  key: XtsKey,
  units: Uint8Array,
  tweaks: readonly number[],
): Uint8Array {
  const masks = unitMasks(key.tweak, tweaks);
  const masked = xor(units, masks);
  const cipher = ecb(key.data, { disablePadding: true });
  return xor(direction === 'encrypt' ? cipher.encrypt(masked) : cipher.decrypt(masked), masks);
}

/** For each unit the encrypted tweak, and the same times x in GF(2^128) for its second block. */
function unitMasks(tweakKey: Uint8Array, tweaks: readonly number[]): Uint8Array {
  const plain = new Uint8Array(tweaks.length * BLOCK_BYTES);
  const view = new DataView(plain.buffer);
  tweaks.forEach((tweak, unit) => view.setUint32(unit * BLOCK_BYTES, tweak, true));
  const first = ecb(tweakKey, { disablePadding: true }).encrypt(plain);
  const masks = new Uint8Array(tweaks.length * XTS_UNIT_BYTES);
  for (let unit = 0; unit < tweaks.length; unit++) {
    const mask = first.subarray(unit * BLOCK_BYTES, (unit + 1) * BLOCK_BYTES);
    masks.set(mask, unit * XTS_UNIT_BYTES);
    masks.set(timesX(mask), unit * XTS_UNIT_BYTES + BLOCK_BYTES);
  }
  return masks;
}

/** Shifts one bit up; the bit that falls out comes back as the polynomial x^7 + x^2 + x + 1. */
function timesX(mask: Uint8Array): Uint8Array {
  const shifted = new Uint8Array(BLOCK_BYTES);
  let carry = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) {
    const byte = mask[i] ?? 0;
    shifted[i] = (byte << 1) | carry;
    carry = byte >>> 7;
  }
  if (carry === 1) shifted[0] = (shifted[0] ?? 0) ^ 0x87;
  return shifted;
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = (a[i] as number) ^ (b[i] as number);
  return result;
}

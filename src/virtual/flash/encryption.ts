// What the chip's flash encryption makes of bytes that are written through it: XTS-AES-128 over units of 128 bytes.
//
// ESP32-C3 TRM, chapter "External Memory Encryption and Decryption", and the documented behaviour of `espsecure
// encrypt-flash-data --aes-xts`, which a test holds this against. The original ESP32 encrypts in another way.
import { createCipheriv } from 'node:crypto';

const UNIT_BYTES = 128;
const TWEAK_BYTES = 16;
/** Two AES-128 keys. */
export const FLASH_KEY_BYTES = 32;

/**
 * @param key as `espsecure` keeps it in a file. @param address where the bytes will stand: a multiple of 16.
 * @param plain a multiple of 16 bytes.
 */
export function encryptForFlash(key: Uint8Array, address: number, plain: Uint8Array): Uint8Array {
  const before = address % UNIT_BYTES;
  const size = Math.ceil((before + plain.length) / UNIT_BYTES) * UNIT_BYTES;
  const padded = new Uint8Array(size);
  padded.set(plain, before);
  for (let at = 0; at < size; at += UNIT_BYTES) {
    const unit = padded.subarray(at, at + UNIT_BYTES);
    unit.set(encryptUnit(key, address - before + at, unit));
  }
  return padded.slice(before, before + plain.length);
}

/** The hardware takes each unit in the other order of bytes. */
function encryptUnit(key: Uint8Array, address: number, unit: Uint8Array): Uint8Array {
  const tweak = new Uint8Array(TWEAK_BYTES);
  new DataView(tweak.buffer).setUint32(0, address, true);
  const cipher = createCipheriv('aes-128-xts', key, tweak);
  return new Uint8Array(cipher.update(Uint8Array.from(unit).reverse())).reverse();
}

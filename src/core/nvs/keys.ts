// The key partition of encrypted NVS: 64 key bytes and their CRC, and how the HMAC scheme derives them.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { EspmintError } from '../errors/index.js';
import { readU32, sameBytes, writeU32 } from './bytes.js';
import { nvsCrc32 } from './crc32.js';
import { PAGE_SIZE } from './layout.js';
import type { XtsKey } from './xts.js';

export const NVS_KEY_BYTES = 64;
const HALF = NVS_KEY_BYTES / 2;
/** What the HMAC peripheral is asked to sign: four bytes, repeated to 32. First for the data key, then the tweak key. */
const HMAC_MESSAGES = [
  [0x5a, 0x5a, 0xbe, 0xae],
  [0xa5, 0xa5, 0xde, 0xce],
] as const;
/** Key length of the chip's HMAC peripheral (eFuse block). */
export const HMAC_KEY_BYTES = 32;

/**
 * The content of a key partition: the key, its CRC, and 0xFF up to 4096 bytes.
 *
 * @param key 64 bytes from a cryptographic random source, or from `deriveNvsKey`
 * @throws NVS_KEY_INVALID for another length or equal halves
 */
export function encodeKeyFile(key: Uint8Array): Uint8Array {
  splitKey(key);
  const file = new Uint8Array(PAGE_SIZE).fill(0xff);
  file.set(key);
  writeU32(file, NVS_KEY_BYTES, nvsCrc32(key));
  return file;
}

/**
 * The 64 key bytes of a key partition.
 *
 * @throws NVS_KEY_INVALID when the length or the CRC is wrong (a text file with hex digits, for one)
 */
export function decodeKeyFile(file: Uint8Array, what = 'the key file'): Uint8Array {
  const hint = "give the 4096-byte key partition that `espmint nvs keygen` or Espressif's generator wrote";
  if (file.length !== PAGE_SIZE) {
    throw new EspmintError('NVS_KEY_INVALID', {
      what,
      reason: `has ${file.length} bytes instead of ${PAGE_SIZE}`,
      hint,
    });
  }
  const key = file.slice(0, NVS_KEY_BYTES);
  if (readU32(file, NVS_KEY_BYTES) !== nvsCrc32(key)) {
    throw new EspmintError('NVS_KEY_INVALID', { what, reason: 'has a wrong checksum', hint });
  }
  splitKey(key, what);
  return key;
}

/** Data key and tweak key. Equal halves make XTS insecure, and firmware refuses them. */
export function splitKey(key: Uint8Array, what = 'the NVS key'): XtsKey {
  if (key.length !== NVS_KEY_BYTES) {
    const reason = `has ${key.length} bytes instead of ${NVS_KEY_BYTES}`;
    throw new EspmintError('NVS_KEY_INVALID', { what, reason, hint: 'give 64 random bytes' });
  }
  const halves = { data: key.subarray(0, HALF), tweak: key.subarray(HALF) };
  if (sameBytes(halves.data, halves.tweak)) {
    const reason = 'has two equal halves, which gives its protection away';
    throw new EspmintError('NVS_KEY_INVALID', { what, reason, hint: 'generate a new key' });
  }
  return halves;
}

/**
 * The NVS key that firmware derives from the HMAC key in its eFuses (scheme `NVS_SEC_KEY_PROTECT_USING_HMAC`).
 *
 * @throws NVS_KEY_INVALID unless the HMAC key has 32 bytes
 */
export function deriveNvsKey(hmacKey: Uint8Array): Uint8Array {
  if (hmacKey.length !== HMAC_KEY_BYTES) {
    const reason = `has ${hmacKey.length} bytes instead of ${HMAC_KEY_BYTES}`;
    throw new EspmintError('NVS_KEY_INVALID', {
      what: 'the HMAC key',
      reason,
      hint: 'give the key that is burnt into the chip',
    });
  }
  const key = new Uint8Array(NVS_KEY_BYTES);
  HMAC_MESSAGES.forEach((pattern, half) => {
    const message = Uint8Array.from({ length: HALF }, (_, i) => pattern[i % pattern.length] as number);
    key.set(hmac(sha256, hmacKey, message), half * HALF);
  });
  return key;
}

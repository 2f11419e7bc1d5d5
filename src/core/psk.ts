// The pre-shared key of a device: 16 random bytes, stored and written as 32 lower-case hex digits.
import { bytesToHex } from '@noble/hashes/utils.js';
import { EspmintError } from './errors/index.js';

const PSK_BYTES = 16;

/** A PSK as text. Branded, so that an unchecked string cannot be stored or flashed as a key by accident. */
export type Psk = string & { readonly __psk: unique symbol };

/** A new key from the platform's cryptographic generator (Web Crypto). */
export function generatePsk(): Psk {
  return bytesToHex(globalThis.crypto.getRandomValues(new Uint8Array(PSK_BYTES))) as Psk;
}

/**
 * Checks a key given by the caller. Blanks round it (the newline of a file) are dropped, nothing else is mended.
 * @throws PSK_INVALID; the message never repeats the text.
 */
export function parsePsk(text: string): Psk {
  const key = text.trim();
  if (/^[0-9a-f]{32}$/.test(key)) return key as Psk;
  throw new EspmintError('PSK_INVALID', { reason: whyNot(key) });
}

function whyNot(key: string): string {
  if (key.length !== PSK_BYTES * 2) return `has ${key.length} characters instead of ${PSK_BYTES * 2}`;
  if (/^[0-9a-f]+$/i.test(key)) return 'has upper-case digits';
  return 'has characters that are not hex digits';
}

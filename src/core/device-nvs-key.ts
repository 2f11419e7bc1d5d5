// The key with which a board's NVS is encrypted. It comes from the device's own key, which is random, stored durably before
// anything is flashed, and sealed in the registry: so this one is too, without a second promise to keep (RFC 5869). Pure.
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { NVS_KEY_BYTES } from './nvs/index.js';
import type { Psk } from './psk.js';

/** 64 bytes: data key and tweak key. A device with a new key has another one; the same key gives the same image again. */
export function deviceNvsKey(psk: Psk): Uint8Array {
  return hkdf(sha256, hexToBytes(psk), undefined, new TextEncoder().encode('espmint nvs key'), NVS_KEY_BYTES);
}

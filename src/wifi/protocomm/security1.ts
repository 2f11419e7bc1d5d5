// Security 1: X25519, the proof of possession, and one AES-256-CTR stream that both directions share. Pure but for
// its random key.
import { ctr } from '@noble/ciphers/aes.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';

const BLOCK_BYTES = 16;

/** The keystream goes on over all messages: one that is lost, or taken twice, breaks all that follow. */
export class SharedStream {
  #used = 0;

  constructor(
    private readonly key: Uint8Array,
    private readonly iv: Uint8Array,
  ) {}

  /** Encrypts, or decrypts: it is the same. */
  apply(data: Uint8Array): Uint8Array {
    const skip = this.#used % BLOCK_BYTES;
    const padded = new Uint8Array(skip + data.length);
    padded.set(data, skip);
    const counter = this.#counterAt(Math.floor(this.#used / BLOCK_BYTES));
    this.#used += data.length;
    return ctr(this.key, counter).encrypt(padded).slice(skip);
  }

  #counterAt(block: number): Uint8Array {
    let value = this.iv.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + BigInt(block);
    const counter = new Uint8Array(BLOCK_BYTES);
    for (let at = BLOCK_BYTES - 1; at >= 0; at--) {
      counter[at] = Number(value & 0xffn);
      value >>= 8n;
    }
    return counter;
  }
}

export interface KeyPair {
  readonly secret: Uint8Array;
  readonly public: Uint8Array;
}

export function makeKeyPair(secret: Uint8Array = x25519.utils.randomSecretKey()): KeyPair {
  return { secret, public: x25519.getPublicKey(secret) };
}

/**
 * The stream of a session: key = shared secret, xor SHA-256 of the proof of possession where there is one.
 * @param deviceRandom 16 bytes, the first counter block
 * @throws Error where the device's key is not a valid point
 */
export function openStream(
  secret: Uint8Array,
  devicePublic: Uint8Array,
  deviceRandom: Uint8Array,
  proof: string,
): SharedStream {
  const key = x25519.getSharedSecret(secret, devicePublic);
  if (proof !== '') {
    const digest = sha256(new TextEncoder().encode(proof));
    for (const [at, byte] of digest.entries()) key[at] = (key[at] ?? 0) ^ byte;
  }
  return new SharedStream(key, deviceRandom);
}

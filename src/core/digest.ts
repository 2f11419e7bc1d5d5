// MD5 and SHA-256 of bytes: by the runtime's own code where it has some, and in JavaScript elsewhere. On a station an
// image is hashed half a dozen times a board, and the runtime does it twenty times as fast.
import { md5 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** As far as it is used here. */
interface NativeCrypto {
  createHash(name: 'md5' | 'sha256'): { update(bytes: Uint8Array): { digest(form: 'hex'): string } };
}

type Digest = (bytes: Uint8Array) => string;

/** Lower-case hex, 32 digits. */
export const md5Hex: Digest = nativeDigest('md5') ?? ((bytes) => bytesToHex(md5(bytes)));

/** Lower-case hex, 64 digits. */
export const sha256Hex: Digest = nativeDigest('sha256') ?? ((bytes) => bytesToHex(sha256(bytes)));

/** Undefined in a browser, and for a hash that the runtime was built or set (FIPS) to do without. */
function nativeDigest(name: 'md5' | 'sha256'): Digest | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => object | undefined } };
  const crypto = process?.getBuiltinModule?.('node:crypto') as NativeCrypto | undefined;
  if (crypto === undefined) return undefined;
  const digest: Digest = (bytes) => crypto.createHash(name).update(bytes).digest('hex');
  try {
    digest(new Uint8Array());
    return digest;
  } catch {
    return undefined;
  }
}

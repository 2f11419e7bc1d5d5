// MD5 and SHA-256 of bytes: by the runtime's own code where it has some, and in JavaScript elsewhere. On a station an
// image is hashed half a dozen times a board, and the runtime does it twenty times as fast.
import { md5 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** As far as it is used here. */
interface NativeCrypto {
  createHash(name: 'md5' | 'sha256'): {
    update(content: Uint8Array | string): { digest(form: 'hex'): string };
  };
}

/** Of bytes, or of a text in UTF-8. */
type Digest = (content: Uint8Array | string) => string;

/** Lower-case hex, 32 digits. */
export const md5Hex: Digest = atFirstUse(
  () => nativeDigest('md5') ?? ((content) => bytesToHex(md5(bytesOf(content)))),
);

/** Lower-case hex, 64 digits. */
export const sha256Hex: Digest = atFirstUse(
  () => nativeDigest('sha256') ?? ((content) => bytesToHex(sha256(bytesOf(content)))),
);

/** The runtime takes 4 ms to load its own code: who digests nothing does not wait for it. */
function atFirstUse(choose: () => Digest): Digest {
  let digest: Digest | undefined;
  return (content) => (digest ??= choose())(content);
}

function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? utf8ToBytes(content) : content;
}

/** Undefined in a browser, and for a hash that the runtime was built or set (FIPS) to do without. */
function nativeDigest(name: 'md5' | 'sha256'): Digest | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => object | undefined } };
  const crypto = process?.getBuiltinModule?.('node:crypto') as NativeCrypto | undefined;
  if (crypto === undefined) return undefined;
  const digest: Digest = (content) => crypto.createHash(name).update(content).digest('hex');
  try {
    digest(new Uint8Array());
    return digest;
  } catch {
    return undefined;
  }
}

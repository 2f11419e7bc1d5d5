// SRP-6a as protocomm uses it: RFC 5054's group of 3072 bits, g = 5, SHA-512. Pure but for random numbers.
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, randomBytes } from '@noble/hashes/utils.js';

/** RFC 5054, appendix A, the 3072-bit group. */
const N = BigInt(
  '0xFFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF',
);
const G = 5n;
const GROUP_BYTES = 384;
const SALT_BYTES = 16;

/** What a device keeps instead of the password. */
export interface SaltAndVerifier {
  /** 16 bytes; the first is not 0, which some clients would lose. */
  readonly salt: Uint8Array;
  /** 384 bytes, big-endian. */
  readonly verifier: Uint8Array;
}

export function makeVerifier(username: string, password: string, salt = randomSalt()): SaltAndVerifier {
  const x = toNumber(passwordDigest(salt, username, password));
  return { salt, verifier: toBytes(power(G, x, N), GROUP_BYTES) };
}

function randomSalt(): Uint8Array {
  for (;;) {
    const salt = randomBytes(SALT_BYTES);
    if (salt[0] !== 0) return salt;
  }
}

/** The client's half of one handshake. */
export class SrpClient {
  readonly #secret: bigint;
  /** A: exactly 384 bytes, so without a leading zero byte. */
  readonly publicKey: Uint8Array;
  #session: { readonly key: Uint8Array; readonly expected: Uint8Array } | undefined;

  /** @param secret for tests with a known handshake */
  constructor(
    private readonly username: string,
    private readonly password: string,
    secret?: Uint8Array,
  ) {
    let candidate = toNumber(secret ?? randomBytes(32));
    let key = toBytes(power(G, candidate, N), GROUP_BYTES);
    while (key[0] === 0) {
      candidate = toNumber(randomBytes(32));
      key = toBytes(power(G, candidate, N), GROUP_BYTES);
    }
    this.#secret = candidate;
    this.publicKey = key;
  }

  /**
   * The client's proof M. Salt and the device's key are hashed as they came.
   * @throws RangeError for a device key with which anybody could pass (B mod N = 0, u = 0)
   */
  prove(salt: Uint8Array, deviceKey: Uint8Array): Uint8Array {
    const B = toNumber(deviceKey);
    const u = toNumber(sha512(concatBytes(this.publicKey, toBytes(B % N, GROUP_BYTES))));
    if (B % N === 0n || u === 0n) throw new RangeError('the device sent a key that proves nothing');
    const x = toNumber(passwordDigest(salt, this.username, this.password));
    const k = toNumber(sha512(concatBytes(toBytes(N), toBytes(G, GROUP_BYTES))));
    const base = (((B - k * power(G, x, N)) % N) + N) % N;
    const S = power(base, this.#secret + u * x, N);
    const key = sha512(toBytes(S));
    const groupHash = xor(sha512(toBytes(N)), sha512(toBytes(G, GROUP_BYTES)));
    const userHash = sha512(new TextEncoder().encode(this.username));
    const proof = sha512(concatBytes(groupHash, userHash, salt, this.publicKey, deviceKey, key));
    this.#session = { key, expected: sha512(concatBytes(this.publicKey, proof, key)) };
    return proof;
  }

  /** The session key of 64 bytes, once the device has proven that it knows the verifier; else undefined. */
  accept(deviceProof: Uint8Array): Uint8Array | undefined {
    const session = this.#session;
    if (session === undefined || deviceProof.length !== session.expected.length) return undefined;
    const differs = session.expected.reduce((sum, byte, at) => sum | (byte ^ (deviceProof[at] ?? 0)), 0);
    return differs === 0 ? session.key : undefined;
  }
}

function passwordDigest(salt: Uint8Array, username: string, password: string): Uint8Array {
  const inner = sha512(new TextEncoder().encode(`${username}:${password}`));
  return sha512(concatBytes(salt, inner));
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let factor = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
}

const toNumber = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes)}`));

/** Big-endian, without leading zeros or filled up to a length. */
function toBytes(value: bigint, length = 0): Uint8Array {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const bytes = Uint8Array.from(even.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  if (bytes.length >= length) return bytes;
  const filled = new Uint8Array(length);
  filled.set(bytes, length - bytes.length);
  return filled;
}

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, at) => byte ^ (b[at] ?? 0));

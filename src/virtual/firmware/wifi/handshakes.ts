// The device's side of the three security versions, on node:crypto.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  getDiffieHellman,
  randomBytes,
  timingSafeEqual,
  type Cipher,
  type KeyObject,
} from 'node:crypto';
import { bytesField, type Fields } from './fields.js';

export interface ProtocommSettings {
  readonly security: 0 | 1 | 2;
  readonly securityPatch: 0 | 1;
  readonly proof: string;
  readonly username: string;
  /** Of security 2, where the factory wrote them; else they are made of user name and proof. */
  readonly salt?: Uint8Array | undefined;
  readonly verifier?: Uint8Array | undefined;
}

/** What a session seals and opens with. */
export interface Channel {
  open(data: Buffer): Buffer;
  seal(data: Buffer): Buffer;
}

export interface Handshake {
  readonly channel: Channel | undefined;
  first(request: Fields): Buffer | undefined;
  second(request: Fields): Buffer | undefined;
}

export class PlainHandshake implements Handshake {
  channel: Channel | undefined;
  first(): Buffer {
    this.channel = { open: (data) => data, seal: (data) => data };
    return Buffer.alloc(0);
  }
  second(): undefined {
    return undefined;
  }
}

/** X25519 keys in node:crypto stand in DER; the raw 32 bytes are its end. */
const X25519_DER = Buffer.from('302a300506032b656e032100', 'hex');
const rawKey = (key: KeyObject): Buffer =>
  Buffer.from(key.export({ type: 'spki', format: 'der' })).subarray(-32);

export class CurveHandshake implements Handshake {
  channel: Channel | undefined;
  private readonly pair = generateKeyPairSync('x25519');
  private stream: Cipher | undefined;
  private clientKey: Buffer = Buffer.alloc(0);

  constructor(private readonly proof: string) {}

  first(request: Fields): Buffer | undefined {
    const clientKey = request.get(1);
    if (!(clientKey instanceof Buffer) || clientKey.length !== 32) return undefined;
    this.clientKey = clientKey;
    const publicKey = createPublicKey({
      key: Buffer.concat([X25519_DER, clientKey]),
      format: 'der',
      type: 'spki',
    });
    const shared = diffieHellman({ privateKey: this.pair.privateKey, publicKey });
    const digest = createHash('sha256').update(this.proof).digest();
    const key = this.proof === '' ? shared : shared.map((byte, at) => byte ^ (digest[at] ?? 0));
    const random = randomBytes(16);
    this.stream = createCipheriv('aes-256-ctr', key, random);
    return Buffer.concat([bytesField(2, rawKey(this.pair.publicKey)), bytesField(3, random)]);
  }

  second(request: Fields): Buffer | undefined {
    const { stream } = this;
    const given = request.get(2);
    if (stream === undefined || !(given instanceof Buffer)) return undefined;
    const opened = stream.update(given);
    const own = rawKey(this.pair.publicKey);
    if (opened.length !== own.length || !timingSafeEqual(opened, own)) return undefined;
    this.channel = { open: (data) => stream.update(data), seal: (data) => stream.update(data) };
    return bytesField(3, stream.update(this.clientKey));
  }
}

/** The group of RFC 5054 with 3072 bits is the one of RFC 3526; its generator here is 5. */
const PRIME_BYTES = getDiffieHellman('modp15').getPrime();
const PRIME = BigInt(`0x${PRIME_BYTES.toString('hex')}`);
const GENERATOR = 5n;
const WIDTH = 384;
const hash = (...parts: readonly Uint8Array[]): Buffer => {
  const digest = createHash('sha512');
  for (const part of parts) digest.update(part);
  return digest.digest();
};
const big = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
const wide = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(2 * WIDTH, '0'), 'hex');
const short = (value: bigint): Buffer => {
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
};

function modPow(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % PRIME;
    if (bit === '1') result = (result * base) % PRIME;
  }
  return result;
}

export class SrpHandshake implements Handshake {
  channel: Channel | undefined;
  private readonly salt: Buffer;
  private readonly verifier: bigint;
  private readonly secret = big(randomBytes(32));
  private clientKey: Buffer = Buffer.alloc(0);
  private ownKey: Buffer = Buffer.alloc(0);
  private username: Buffer = Buffer.alloc(0);

  constructor(private readonly settings: ProtocommSettings) {
    const { salt, verifier, username, proof } = settings;
    this.salt = Buffer.from(salt ?? Buffer.concat([Buffer.of(1), randomBytes(15)]));
    const x = big(hash(this.salt, hash(Buffer.from(`${username}:${proof}`))));
    this.verifier = verifier === undefined ? modPow(GENERATOR, x) : big(verifier);
  }

  first(request: Fields): Buffer | undefined {
    const username = request.get(1);
    const clientKey = request.get(2);
    if (!(username instanceof Buffer) || !(clientKey instanceof Buffer) || clientKey.length !== WIDTH)
      return undefined;
    if (big(clientKey) % PRIME === 0n) return undefined;
    this.username = username;
    this.clientKey = clientKey;
    const k = big(hash(PRIME_BYTES, wide(GENERATOR)));
    const key = (k * this.verifier + modPow(GENERATOR, this.secret)) % PRIME;
    this.ownKey = wide(key);
    return Buffer.concat([bytesField(2, this.ownKey), bytesField(3, this.salt)]);
  }

  second(request: Fields): Buffer | undefined {
    const given = request.get(1);
    if (!(given instanceof Buffer)) return undefined;
    const u = big(hash(this.clientKey, this.ownKey));
    const secret = modPow((big(this.clientKey) * modPow(this.verifier, u)) % PRIME, this.secret);
    const key = hash(short(secret));
    const group = hash(PRIME_BYTES).map((byte, at) => byte ^ (hash(wide(GENERATOR))[at] ?? 0));
    const expected = hash(group, hash(this.username), this.salt, this.clientKey, this.ownKey, key);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const nonce = randomBytes(12);
    nonce.writeUInt32BE(1, 8);
    const answer = Buffer.concat([
      bytesField(2, hash(this.clientKey, expected, key)),
      bytesField(3, Buffer.from(nonce)),
    ]);
    this.channel = gcmChannel(key.subarray(0, 32), nonce, this.settings.securityPatch);
    return answer;
  }
}

function gcmChannel(key: Buffer, nonce: Buffer, patch: 0 | 1): Channel {
  const step = (): void => {
    if (patch === 1) nonce.writeUInt32BE((nonce.readUInt32BE(8) + 1) >>> 0, 8);
  };
  return {
    open(data) {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce);
      decipher.setAuthTag(data.subarray(-16));
      const opened = Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()]);
      step();
      return opened;
    },
    seal(data) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const sealed = Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
      step();
      return sealed;
    },
  };
}

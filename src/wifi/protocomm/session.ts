// A session with a device: the handshake of its security version, then sealed requests.
import { gcm } from '@noble/ciphers/aes.js';
import { EspmintError } from '../../core/errors/index.js';
import { sessionAnswer, sessionRequest, STATUS_TEXTS } from './messages.js';
import type { Message } from './protobuf.js';
import { SrpClient } from '../../core/srp.js';
import { HandlerFailed, readAnswer, type ProtocommTransport } from './transport.js';
import type { DeviceVersion } from './version.js';

export interface SessionSecrets {
  /** The proof of possession; the password of security 2. */
  readonly proof: string;
  /** Of security 2; ESP-IDF's examples have `wifiprov`. */
  readonly username: string;
}

/** Seals what goes out and opens what comes back, in turn. */
interface Cipher {
  encrypt(data: Uint8Array): Uint8Array;
  decrypt(data: Uint8Array): Uint8Array;
}

const SESSION = 'prov-session';
const KEY_BYTES = 32;

export class Session {
  private constructor(
    private readonly transport: ProtocommTransport,
    private readonly cipher: Cipher,
  ) {}

  /** @throws WIFI_PROOF_REFUSED, WIFI_REFUSED, WIFI_ANSWER_BROKEN, and errors of the transport */
  static async open(
    transport: ProtocommTransport,
    version: DeviceVersion,
    secrets: SessionSecrets,
  ): Promise<Session> {
    const handshake = new Handshake(transport, version.security);
    if (version.security === 0) return new Session(transport, await handshake.security0());
    if (version.security === 1) return new Session(transport, await handshake.security1(secrets.proof));
    return new Session(transport, await handshake.security2(secrets, version.securityPatch));
  }

  /**
   * One sealed request and its opened answer.
   * @throws HandlerFailed where the device closes without an answer; WIFI_ANSWER_BROKEN
   */
  async request(endpoint: string, message: Uint8Array): Promise<Uint8Array> {
    const answer = await this.transport.request(endpoint, this.cipher.encrypt(message));
    try {
      return this.cipher.decrypt(answer);
    } catch {
      throw broken(this.transport, endpoint, 'it is not sealed with the key of this session');
    }
  }
}

class Handshake {
  constructor(
    private readonly transport: ProtocommTransport,
    private readonly version: 0 | 1 | 2,
  ) {}

  async security0(): Promise<Cipher> {
    const answer = await this.#exchange(sessionRequest(0, 0, []), 21);
    this.#checkStatus(answer);
    return { encrypt: (data) => data, decrypt: (data) => data };
  }

  async security1(proof: string): Promise<Cipher> {
    // Its curves are some files to load, and few boards want it.
    const { makeKeyPair, openStream } = await import('./security1.js');
    const own = makeKeyPair();
    const first = await this.#exchange(sessionRequest(1, 0, [[1, own.public]]), 21);
    this.#checkStatus(first);
    const devicePublic = first.bytes(2);
    const deviceRandom = first.bytes(3);
    if (devicePublic.length !== KEY_BYTES || deviceRandom.length !== 16) {
      throw broken(this.transport, SESSION, 'its key or its random number has the wrong length');
    }
    const stream = this.#readKey(() => openStream(own.secret, devicePublic, deviceRandom, proof));
    const verify = sessionRequest(1, 2, [[2, stream.apply(devicePublic)]]);
    const second = await this.#proofExchange(verify, 23);
    if (!sameBytes(stream.apply(second.bytes(3)), own.public)) {
      throw proofRefused(this.transport, 'the device could not prove that it knows it');
    }
    return { encrypt: (data) => stream.apply(data), decrypt: (data) => stream.apply(data) };
  }

  async security2({ proof, username }: SessionSecrets, patch: number): Promise<Cipher> {
    const srp = new SrpClient(username, proof);
    const hello = sessionRequest(2, 0, [
      [1, username],
      [2, srp.publicKey],
    ]);
    const first = await this.#proofExchange(hello, 21);
    const own = this.#prove(srp, first.bytes(3), first.bytes(2));
    const second = await this.#proofExchange(sessionRequest(2, 2, [[1, own]]), 23);
    const key = srp.accept(second.bytes(2));
    if (key === undefined) {
      throw proofRefused(this.transport, 'the device could not prove that it knows it');
    }
    const nonce = second.bytes(3);
    if (nonce.length !== 12) throw broken(this.transport, SESSION, 'its nonce has the wrong length');
    return countingGcm(key.slice(0, KEY_BYTES), nonce, patch);
  }

  #readKey<T>(read: () => T): T {
    try {
      return read();
    } catch {
      throw broken(this.transport, SESSION, 'its key is not valid');
    }
  }

  #prove(srp: SrpClient, salt: Uint8Array, deviceKey: Uint8Array): Uint8Array {
    try {
      return srp.prove(salt, deviceKey);
    } catch (error) {
      throw broken(this.transport, SESSION, error instanceof Error ? error.message : 'its key is not valid');
    }
  }

  async #exchange(request: Uint8Array, answerField: number): Promise<Message> {
    const bytes = await this.transport.request(SESSION, request);
    return readAnswer(this.transport, SESSION, () => sessionAnswer(bytes, this.version, answerField));
  }

  /** A wrong proof shows as a status, or as a handler that fails without an answer. */
  async #proofExchange(request: Uint8Array, answerField: number): Promise<Message> {
    try {
      const answer = await this.#exchange(request, answerField);
      const status = answer.number(1);
      if (status !== 0) throw proofRefused(this.transport, STATUS_TEXTS[status] ?? `status ${status}`);
      return answer;
    } catch (error) {
      if (!(error instanceof HandlerFailed)) throw error;
      throw proofRefused(this.transport, 'the device ended the handshake');
    }
  }

  #checkStatus(answer: Message): void {
    const status = answer.number(1);
    if (status === 0) return;
    throw new EspmintError('WIFI_REFUSED', {
      port: this.transport.address,
      what: 'the session',
      reason: STATUS_TEXTS[status] ?? `status ${status}`,
    });
  }
}

/** AES-256-GCM, nonce = 8 random bytes and a counter that goes on with every message in either direction. */
function countingGcm(key: Uint8Array, firstNonce: Uint8Array, patch: number): Cipher {
  const nonce = firstNonce.slice();
  const counter = new DataView(nonce.buffer, nonce.byteOffset + 8, 4);
  const next = (): void => {
    // Before patch 1 the nonce stayed as it was: old firmware can only be spoken to so.
    if (patch >= 1) counter.setUint32(0, (counter.getUint32(0) + 1) >>> 0);
  };
  return {
    encrypt(data) {
      const sealed = gcm(key, nonce).encrypt(data);
      next();
      return sealed;
    },
    decrypt(data) {
      const opened = gcm(key, nonce).decrypt(data);
      next();
      return opened;
    },
  };
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

function proofRefused({ address: port }: ProtocommTransport, reason: string): EspmintError {
  return new EspmintError('WIFI_PROOF_REFUSED', { port, reason });
}

function broken({ address: port }: ProtocommTransport, what: string, reason: string): EspmintError {
  return new EspmintError('WIFI_ANSWER_BROKEN', { port, what, reason });
}

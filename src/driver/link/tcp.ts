// tcp://host:port (socket:// is the same): a serial port behind a plain TCP stream. No modem lines, no baud rate.
import type { Socket } from 'node:net';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { FirstWords, closeSocket, openTcp, watchSocket, writeSocket } from './tcp-stream.js';
import { Inbox } from './inbox.js';
import type { Link, Transport, Wait } from './transport.js';

/** A server that hangs up so soon after it took the connection, without a byte, has no port to give. */
const REFUSES_WITHIN_MS = 500;

class TcpLink implements Link {
  readonly address: string;
  readonly hasModemLines = false;
  readonly hasFixedBaud = true;
  readonly #inbox: Inbox;
  readonly #words = new FirstWords();
  readonly #openedAtMs = performance.now();
  #baud: number;

  constructor(
    address: string,
    private readonly socket: Socket,
    baud: number,
  ) {
    this.address = address;
    this.#baud = baud;
    this.#inbox = new Inbox(address);
    watchSocket(socket, address, {
      onData: (bytes) => {
        this.#words.push(bytes);
        this.#inbox.push(bytes);
      },
      onEnd: (error) => this.#end(error),
    });
  }

  get baud(): number {
    return this.#baud;
  }

  async write(bytes: Uint8Array, wait: Wait): Promise<void> {
    const { failure } = this.#inbox;
    if (failure !== undefined) throw failure;
    try {
      await writeSocket(this.socket, this.address, bytes, wait);
    } catch (error) {
      if (!isEspmintError(error, 'LINK_CLOSED')) throw error;
      this.#end(error);
      throw this.#inbox.failure ?? error;
    }
  }

  #end(error: Error): void {
    const isSoon = performance.now() - this.#openedAtMs < REFUSES_WITHIN_MS;
    this.#inbox.fail(this.#words.explain(this.address, error, isSoon && this.#words.isSilent));
  }

  read(wait: Wait): Promise<Uint8Array> {
    return this.#inbox.read(wait);
  }

  discardInput(): void {
    this.#inbox.clear();
  }

  setLines(): Promise<void> {
    return Promise.resolve();
  }

  /** The stream has no rate of its own; this one only counts for deadlines. */
  setBaud(baud: number): Promise<void> {
    this.#baud = baud;
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#inbox.fail(new EspmintError('LINK_CLOSED', { port: this.address, reason: 'it was closed here' }));
    await closeSocket(this.socket);
  }
}

export const tcpTransport: Transport = {
  accepts: (address) => /^(tcp|socket):\/\//i.test(address),
  open: async (address, { baud, ...wait }) => new TcpLink(address, await openTcp(address, wait), baud),
};

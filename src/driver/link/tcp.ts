// tcp://host:port (socket:// is the same): a serial port behind a plain TCP stream. No modem lines, no baud rate.
import type { Socket } from 'node:net';
import { EspmintError } from '../../core/errors/index.js';
import { Inbox } from './inbox.js';
import type { Link, Transport, Wait } from './transport.js';
import { closeSocket, openTcp, watchSocket, writeSocket } from './tcp-stream.js';

class TcpLink implements Link {
  readonly address: string;
  readonly hasModemLines = false;
  readonly hasFixedBaud = true;
  readonly #socket: Socket;
  readonly #inbox: Inbox;
  #baud: number;

  constructor(address: string, socket: Socket, baud: number) {
    this.address = address;
    this.#socket = socket;
    this.#baud = baud;
    this.#inbox = new Inbox(address);
    watchSocket(socket, address, {
      onData: (bytes) => {
        this.#inbox.push(bytes);
      },
      onEnd: (error) => {
        this.#inbox.fail(error);
      },
    });
  }

  get baud(): number {
    return this.#baud;
  }

  async write(bytes: Uint8Array, wait: Wait): Promise<void> {
    if (this.#inbox.failure !== undefined) throw this.#inbox.failure;
    await writeSocket(this.#socket, this.address, bytes, wait);
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
    await closeSocket(this.#socket);
  }
}

export const tcpTransport: Transport = {
  accepts: (address) => /^(tcp|socket):\/\//i.test(address),
  open: async (address, { baud, ...wait }) => new TcpLink(address, await openTcp(address, wait), baud),
};

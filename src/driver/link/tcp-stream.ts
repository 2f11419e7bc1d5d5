// Opens a TCP connection and hands its bytes on: what tcp:// and rfc2217:// have in common.
import { type Socket, connect } from 'node:net';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { awaitCallback } from './callback.js';
import type { Wait } from './transport.js';
import { createMasker } from '../../core/masking/masker.js';
import { withoutTerminalCodes } from '../../core/masking/terminal-codes.js';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * The host and port of `scheme://host:port`, as in a URL; a path and a query (which other tools use for options) are
 * ignored.
 * @throws ADDRESS_INVALID
 */
export function parseHostPort(address: string): HostPort {
  const invalid = (reason: string): EspmintError => new EspmintError('ADDRESS_INVALID', { address, reason });
  const rest = address.replace(/^[a-z0-9]+:\/\//i, '');
  let url: URL;
  try {
    // A scheme without a default port, so that every port is kept.
    url = new URL(`tcp://${rest}`);
  } catch {
    throw invalid('it has no host and port that can be read');
  }
  if (url.username !== '' || url.password !== '')
    throw invalid('serial servers take no user name or password');
  if (url.hostname === '') throw invalid('it names no host');
  if (url.port === '') throw invalid('it names no port number');
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
}

/** Connection refused and the like, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
};

/**
 * @throws PORT_UNREACHABLE, CANCELLED
 */
export async function openTcp(address: string, wait: Wait): Promise<Socket> {
  const { host, port } = parseHostPort(address);
  const socket = connect({ host, port, noDelay: true });
  try {
    await awaitCallback(
      (done) => {
        socket.once('connect', () => done());
        socket.once('error', done);
      },
      { ...wait, address, what: 'the connection' },
    );
    return socket;
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    if (isEspmintError(error, 'CANCELLED')) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const reason = isEspmintError(error)
      ? 'it does not answer'
      : (REASONS[code ?? ''] ?? code ?? String(error));
    throw new EspmintError('PORT_UNREACHABLE', { port: address, reason }, { cause: error });
  }
}

/** Passes bytes to `onData`, and the end of the connection, once, to `onEnd` as LINK_CLOSED. */
export function watchSocket(
  socket: Socket,
  address: string,
  handlers: { readonly onData: (bytes: Uint8Array) => void; readonly onEnd: (error: Error) => void },
): void {
  const end = (reason: string, cause?: unknown): void => {
    handlers.onEnd(new EspmintError('LINK_CLOSED', { port: address, reason }, { cause }));
  };
  socket.removeAllListeners('error');
  socket.on('data', (bytes: Uint8Array) => handlers.onData(Uint8Array.from(bytes)));
  socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message, error));
  socket.on('close', () => end('the other side closed it'));
}

/** @throws LINK_TIMEOUT, LINK_CLOSED, CANCELLED */
export async function writeSocket(
  socket: Socket,
  address: string,
  bytes: Uint8Array,
  wait: Wait,
): Promise<void> {
  try {
    await awaitCallback((done) => socket.write(bytes, done), { ...wait, address, what: 'sending' });
  } catch (error) {
    if (isEspmintError(error)) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new EspmintError('LINK_CLOSED', { port: address, reason }, { cause: error });
  }
}

const CLOSE_TIMEOUT_MS = 500;

/**
 * Ends the connection; what was written before is still sent. Waits for the other side to end it too: a server with one
 * serial port turns the next client away until it has noticed that this one is gone.
 */
export async function closeSocket(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.end();
  });
}

// What a serial server on the network said before it hung up: one whose port another client has says so in a sentence, or
// closes the connection without a word.

/** A server's refusal is a line; a board that was talking says more. */
const LONGEST_BYTES = 256;
/** "Port already in use" (ser2net), "Object was already in use" (gensio), "device busy". */
const SAYS_TAKEN = /\b(?:in use|busy|already (?:open|connected|used))\b/i;

export class FirstWords {
  #text = '';
  #bytes = 0;

  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= LONGEST_BYTES) this.#text += new TextDecoder().decode(bytes);
  }

  /** Whether nothing came at all. */
  get isSilent(): boolean {
    return this.#bytes === 0;
  }

  /** @returns PORT_BUSY when these words, or the lack of them, mean that; else `error` itself */
  explain(port: string, error: Error, wasRefused: boolean): Error {
    if (this.#bytes > LONGEST_BYTES) return error;
    const says = createMasker()
      .foreign(withoutTerminalCodes(this.#text))
      .replaceAll(/[\p{C}\s]+/gu, ' ')
      .trim();
    if (!wasRefused && !SAYS_TAKEN.test(says)) return error;
    return new EspmintError('PORT_BUSY', { port, ...(/\p{L}/u.test(says) && { says }) }, { cause: error });
  }
}

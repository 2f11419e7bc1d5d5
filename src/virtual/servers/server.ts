// What all servers of virtual boards share: their handle, how they listen, and what a host's leaving does to the board.
import { EspmintError, messageOf } from '../../core/errors/index.js';
import type { VirtualBoard } from '../board.js';
import { createServer, type Server, type Socket } from 'node:net';

/** A way to a board that is open to other programs. */
export interface BoardServer {
  /** What a client opens: a URL or a device path. */
  readonly url: string;
  /** Stops listening and puts clients out. May be called again. */
  close(): Promise<void>;
}

/**
 * What happens when a client leaves a link without modem lines.
 * - `reset`: the board is power-cycled into its loader, so that the next client can begin.
 * - `keep`: it stays as it is (a running stub, an application).
 */
export type LeavePolicy = 'reset' | 'keep';

/**
 * Without modem lines a client cannot reset the board: it waits in its loader, for one that flashes; or in its
 * application, where that is one to speak to.
 */
export function awaitClient(board: VirtualBoard): void {
  board.powerCycle(board.speaksToUsers ? 'application' : 'download', { quiet: true });
}

export function leaveBoard(board: VirtualBoard, policy: LeavePolicy): void {
  if (policy === 'reset') awaitClient(board);
}

export function listenFailed(url: string, error: unknown): EspmintError {
  const reason = messageOf(error);
  return new EspmintError('VIRTUAL_LISTEN_FAILED', { url, reason }, { cause: error });
}

export interface ListenAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/**
 * @param scheme of the URL, such as `tcp`.
 * @param serve takes a client; false turns it away.
 * @throws VIRTUAL_LISTEN_FAILED
 */
export async function listenTcp(
  scheme: string,
  address: ListenAddress,
  serve: (client: Socket) => boolean,
): Promise<BoardServer> {
  const clients = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    // A client that vanishes is no event of interest: 'close' follows.
    client.on('error', () => undefined);
    if (!serve(client)) client.destroy();
  });
  return listening(server, scheme, address, clients);
}

/** @param clients that are put out in the end */
export function listening(
  server: Server,
  scheme: string,
  { host, port }: ListenAddress,
  clients: Iterable<Socket>,
): Promise<BoardServer> {
  const urlOf = (bound: number): string => `${scheme}://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const client of clients) client.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenFailed(urlOf(port), error)));
    server.listen(port, host, () => {
      const bound = server.address();
      resolve({ url: urlOf(bound !== null && typeof bound === 'object' ? bound.port : port), close });
    });
  });
}

// Listening on a TCP port: its URL, who may come in, and the end.
import { createServer, type Server, type Socket } from 'node:net';
import { listenFailed, type BoardServer } from './server.js';

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

// Listening on a TCP port for one client at a time; more are turned away.
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
export async function listenForOne(
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
  await listening(server, scheme, address);
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : address.port;
  return {
    url: `${scheme}://${bracketed(address.host)}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const client of clients) client.destroy();
      }),
  };
}

function listening(server: Server, scheme: string, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(listenFailed(`${scheme}://${bracketed(host)}:${port}`, error));
    });
    server.listen(port, host, resolve);
  });
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

// A TCP way to a server on this machine that a test cuts and mends, as a switch or a cable does.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to the database that can be cut. @param to a port of this machine, or the path of a socket */
export async function cuttable(
  to: number | string,
): Promise<{ port: number; cut(): void; mend(): void; close(): void }> {
  const sockets = new Set<Socket>();
  let open = true;
  const server = createServer((client) => {
    if (!open) {
      client.destroy();
      return;
    }
    const far = typeof to === 'string' ? connect(to) : connect({ port: to, host: '127.0.0.1' });
    for (const socket of [client, far]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          client.destroy();
          far.destroy();
        });
    }
    client.pipe(far).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const cut = (): void => {
    open = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut,
    mend: () => (open = true),
    close: () => {
      cut();
      server.close();
    },
  };
}

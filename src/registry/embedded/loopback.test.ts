// The password of the embedded server is for a server that knows it already.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import pg from 'pg';
import { afterEach, expect, it } from 'vitest';
import { refuseOtherThanScram } from './loopback.js';

const CLEARTEXT = 3;
const MD5 = 5;
const PASSWORD = 'never to be seen';
let closeAll: (() => void) | undefined;
afterEach(() => closeAll?.());

/** A program that has got the port of a dead server, and asks for the password as it is or for a digest. */
async function askingServer(kind: number): Promise<{ port: number; received(): string }> {
  let received = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      const salt = kind === MD5 ? Buffer.from('salt') : Buffer.alloc(0);
      const head = Buffer.from([0x52, 0, 0, 0, 8 + salt.length, 0, 0, 0, kind]);
      socket.on('data', (bytes) => (received += bytes.toString('latin1')));
      socket.write(Buffer.concat([head, salt]));
    });
  });
  closeAll = () => server.close();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, received: () => received };
}

it.each([
  ['as it is', CLEARTEXT],
  ['as a digest', MD5],
])('is not given to a program that asks for it %s', async (_, kind) => {
  const { port, received } = await askingServer(kind);
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'espmint', password: PASSWORD, ssl: false });
  client.on('error', () => undefined);
  refuseOtherThanScram(client);
  await expect(client.connect()).rejects.toThrow('no server of espmint');
  await client.end().catch(() => undefined);
  expect(received()).toBe('');
});

// What answers at an address that somebody has typed, in place of a PostgreSQL server, holds nobody up and fills no memory.
import { createServer, type Server, type ServerOpts, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { testMessage } from '../push/message.js';
import { maskedReason } from '../push/sink.js';
import { SqlSink } from '../push/sql-sink.js';
import { compileStatement } from '../push/statement.js';
import { shortened } from '../reason.js';
import { Database } from './database.js';
import { probeRegistry } from './probe.js';

/** A message of the protocol: its kind, the length that it claims, its bytes. */
function message(kind: string, bytes: Uint8Array, claimed = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, 0, 'latin1');
  head.writeInt32BE(claimed + 4, 1);
  return Buffer.concat([head, bytes]);
}
const AUTHENTICATED = message('R', Uint8Array.of(0, 0, 0, 0));
const READY = message('Z', Buffer.from('I'));
const ROW = message('D', Uint8Array.of(0, 1, 0, 0, 0, 1, 120));
/** One column of text, named `x`. */
const COLUMN = message('T', Buffer.from('0001780000000000000000000019ffffffffffff0000', 'hex'));

let servers: Server[] = [];
let sent = 0;
afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
  sent = 0;
});

/** Takes everybody in, then does this to the first question. */
async function serverThat(answers: (socket: Socket) => void, options: ServerOpts = {}): Promise<number> {
  const server = createServer(options, (socket) => {
    let isIn = false;
    socket
      .on('error', () => undefined)
      .on('data', () => {
        if (isIn) answers(socket);
        else socket.write(Buffer.concat([AUTHENTICATED, READY]));
        isIn = true;
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

/** As fast as they are taken, up to far more than anybody may keep. */
function flood(piece: Buffer, before: Buffer) {
  return (socket: Socket): void => {
    socket.write(before);
    const more = (): void => {
      if (socket.destroyed || sent > 400e6) return;
      sent += piece.length;
      socket.write(piece, () => setImmediate(more));
    };
    more();
  };
}
const ROWS = flood(Buffer.concat(Array<Buffer>(2_000).fill(ROW)), COLUMN);
const ONE_MESSAGE = flood(Buffer.alloc(65_536, 120), message('D', new Uint8Array(), 1e9));

/** An error of the server, with a text of 3 MB and a key in it. */
const KEY = '00112233445566778899aabbccddeeff';
const LONG_ERROR = (socket: Socket): void => {
  const text = `no ${'psk=x, '.repeat(400_000)} ${KEY}`;
  socket.write(Buffer.concat([message('E', Buffer.from(`SERROR\0VERROR\0C42501\0M${text}\0\0`)), READY]));
};

it('what a server says of an error is cut before secrets are looked for in it, and between words', async () => {
  const port = await serverThat(LONG_ERROR);
  const probed = probeRegistry(`postgresql://u:p@127.0.0.1:${port}/x`, { env: {} });
  const error = (await probed.catch((thrown: unknown) => thrown)) as Error;
  expect(error.message.length).toBeLessThan(1_500);
  expect(shortened(`${'x'.repeat(990)} ${KEY}`)).toBe(`${'x'.repeat(990)} …`);
  expect(maskedReason(`${'* '.repeat(1_010)}${KEY}${KEY}`, [])).not.toContain(KEY.slice(0, 6));
});

it('a server that falls silent and keeps its side open is left by who works with it', async () => {
  const answered = message('C', Buffer.from('SET\0'));
  const sockets: Socket[] = [];
  const port = await serverThat(
    (socket) => {
      // The goodbye is answered by nothing, not even by the end of the connection.
      if (sockets.push(socket) === 1) socket.write(Buffer.concat([answered, READY]));
    },
    { allowHalfOpen: true },
  );
  const own = new Socket();
  const at = { host: '127.0.0.1', port, user: 'u', password: 'p', database: 'x' };
  const config = { ...at, ssl: false, stream: () => own };
  const source = {
    description: 'test',
    ensure: () => Promise.resolve(config),
    release: () => Promise.resolve(),
  };
  const options = { patienceMs: 0, timeoutMs: 5_000, poolSize: 1 };
  const database = new Database(source, options);
  await database.connected('test', () => Promise.resolve());
  await database.close();
  // An open connection keeps the program from ending.
  expect(own.destroyed).toBe(true);
  for (const socket of sockets) socket.destroy();
});

it.concurrent.each([
  ['a question', true],
  ['a new connection', false],
])('a server that leaves %s without an answer holds up nobody who is stopped', async (_, takesIn) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    if (takesIn) socket.once('data', () => socket.write(Buffer.concat([AUTHENTICATED, READY])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = { host: '127.0.0.1', port, user: 'u', database: 'x', ssl: false };
  const source = {
    description: 'test',
    ensure: () => Promise.resolve(config),
    release: () => Promise.resolve(),
  };
  const stop = new AbortController();
  // Far longer than this test may take.
  const options = { patienceMs: 600_000, timeoutMs: 600_000, poolSize: 1, signal: stop.signal };
  const database = new Database(source, options);
  const asked = database.connected('test', () => Promise.resolve());
  stop.abort();
  await expect(asked).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  // Nobody asks again meanwhile.
  const connections = sockets.length;
  await expect(database.connected('test', () => Promise.resolve())).rejects.toThrow();
  await database.close();
  expect(sockets.length).toBe(connections);
  server.close();
  for (const socket of sockets) socket.destroy();
});

describe.each([
  ['rows without end', ROWS],
  ['one message without end', ONE_MESSAGE],
])('a server that answers with %s', (_, answers) => {
  it('is left by a test of its address', async () => {
    const port = await serverThat(answers);
    const probed = probeRegistry(`postgresql://u:p@127.0.0.1:${port}/x`, { env: {} });
    await expect(probed).rejects.toMatchObject({ code: expect.stringMatching(/^REGISTRY_/) as string });
    expect(sent).toBeLessThan(200e6);
  });

  it('is left where several are named', async () => {
    const [one, two] = [await serverThat(answers), await serverThat(answers)];
    const probed = probeRegistry(`postgresql://u:p@127.0.0.1:${one},127.0.0.1:${two}/x`, { env: {} });
    await expect(probed).rejects.toMatchObject({ code: expect.stringMatching(/^REGISTRY_/) as string });
    expect(sent).toBeLessThan(200e6);
  });

  it('is left by a push', async () => {
    const port = await serverThat(answers);
    const sink = new SqlSink({
      name: 'table',
      timeoutMs: 20_000,
      config: { host: '127.0.0.1', port, user: 'u', password: 'p', database: 'x', ssl: false },
      statement: compileStatement('select enrol(:uuid)', false),
    });
    const failure = await sink.deliver(testMessage('11111111-2222-4333-8444-555555555555', true));
    expect(failure).toMatchObject({ isOfTarget: true, error: { code: 'PUSH_UNREACHABLE' } });
    expect(failure?.error.message).toContain('it answers with more than 4 MB');
    expect(sent).toBeLessThan(200e6);
  });
});

// Opening ports: every address goes to its transport, and everything that can be wrong has its own error.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createVirtualBoard, servePty, serveTcp } from '../../virtual/index.js';
import { openLink } from './open-link.js';
import { parseHostPort } from './tcp-stream.js';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espmint-ports-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('addresses', () => {
  it.each([
    ['tcp://bench-3:4000', { host: 'bench-3', port: 4000 }],
    ['socket://10.0.0.7:80', { host: '10.0.0.7', port: 80 }],
    ['rfc2217://[::1]:2217?ign_set_control', { host: '::1', port: 2217 }],
  ])('reads %s', (address, expected) => {
    expect(parseHostPort(address)).toEqual(expected);
  });

  it.each([
    '',
    ' ',
    'http://bench:80',
    'tcp://bench',
    'tcp://:4000',
    'tcp://bench:99999',
    'rfc2217://me:secret@bench:1',
  ])('refuses %j', async (address) => {
    await expect(openLink(address)).rejects.toMatchObject({ code: 'ADDRESS_INVALID' });
  });
});

describe('ports that cannot be opened', () => {
  it('are told apart: nobody listens, no such device, no device at all', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    await expect(openLink(`tcp://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'PORT_UNREACHABLE',
      details: { reason: 'nothing listens there' },
    });
    await expect(openLink('/dev/ttyNoSuchPort')).rejects.toMatchObject({ code: 'PORT_NOT_FOUND' });
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    for (const other of [file, folder]) {
      await expect(openLink(other)).rejects.toMatchObject({
        code: 'PORT_UNREACHABLE',
        details: { reason: 'it is no serial port' },
      });
    }
  });

  it.skipIf(process.getuid?.() === 0)(
    'a device that the user may not open names the group that may',
    async () => {
      const file = join(folder, 'forbidden');
      await writeFile(file, '');
      await chmod(file, 0);
      await expect(openLink(file)).rejects.toMatchObject({ code: 'PORT_FORBIDDEN' });
    },
  );

  it('a device that is open already is busy', async () => {
    const board = createVirtualBoard();
    const server = await servePty(board, 'esp32');
    cleanUps.push(
      () => {
        board.dispose();
      },
      () => server.close(),
    );
    const first = await openLink(server.url);
    cleanUps.push(() => first.close());
    await expect(openLink(server.url)).rejects.toMatchObject({ code: 'PORT_BUSY' });
  });

  describe.each(['tcp', 'rfc2217'])('behind %s://, of a server whose port another client has', (scheme) => {
    const open = async (onClient: (socket: Socket) => void): Promise<unknown> => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        onClient(socket);
      }).listen(0, '127.0.0.1');
      cleanUps.push(() => void server.close());
      await once(server, 'listening');
      const address = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
      return (async () => {
        const link = await openLink(address);
        cleanUps.push(() => link.close());
        for (;;) await link.read({ timeoutMs: 5_000 });
      })().catch((error: unknown) => error);
    };

    it('are busy in the words of the server', async () => {
      const failure = await open((socket) => socket.end('\u001b[1mPort already in use\r\n'));
      expect(failure).toMatchObject({ code: 'PORT_BUSY', details: { says: 'Port already in use' } });
      expect(String(failure)).toContain('end the other connection');
    });

    it('are busy when it hangs up without a word', async () => {
      expect(await open((socket) => socket.end())).toMatchObject({ code: 'PORT_BUSY' });
    });

    it('are busy without the secrets and the length of what it says', async () => {
      const key = 'c0ffee'.repeat(6).slice(0, 32);
      const failure = await open((socket) => socket.end(`in use by the holder of ${key}\r\n`));
      expect(failure).toMatchObject({ code: 'PORT_BUSY' });
      expect(String(failure)).not.toContain(key);
      expect(String(await open((socket) => socket.end('in use '.repeat(900)))).length).toBeLessThan(500);
    });
  });

  it('what a board says does not make its port busy when the connection ends', async () => {
    const server = createServer((socket) => socket.end('ets Jul 29 2019 12:21:46\r\nrst:0x1\r\n'));
    cleanUps.push(() => void server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const link = await openLink(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
    cleanUps.push(() => link.close());
    await link.read({ timeoutMs: 5_000 });
    await expect(link.read({ timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'LINK_CLOSED' });
  });

  it('a server that never answers ends at the deadline, or at the signal', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    cleanUps.push(() => void silent.close());
    await once(silent, 'listening');
    const address = `rfc2217://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await expect(openLink(address, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'RFC2217_REFUSED' });
    const abort = new AbortController();
    setTimeout(() => {
      abort.abort();
    }, 30);
    await expect(openLink(address, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('an open link', () => {
  it('times out, is cancelled and is closed with its own error each time', async () => {
    const board = createVirtualBoard();
    const server = await serveTcp(board, { host: '127.0.0.1', port: 0 });
    cleanUps.push(
      () => {
        board.dispose();
      },
      () => server.close(),
    );
    const link = await openLink(server.url);
    expect(link).toMatchObject({ hasModemLines: false, hasFixedBaud: true, address: server.url });
    await expect(link.read({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'LINK_TIMEOUT' });
    const signal = AbortSignal.timeout(20);
    await expect(link.read({ timeoutMs: 1_000, signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    const waiting = link.read({ timeoutMs: 1_000 });
    const refused = expect(waiting).rejects.toMatchObject({ code: 'LINK_CLOSED' });
    await link.close();
    await refused;
    await expect(link.write(Uint8Array.of(1), { timeoutMs: 10 })).rejects.toMatchObject({
      code: 'LINK_CLOSED',
    });
    await link.close();
  });

  it('on a pseudo-terminal has no modem lines, and does not mind being asked to set them', async () => {
    const board = createVirtualBoard();
    const server = await servePty(board, 'esp32');
    cleanUps.push(
      () => {
        board.dispose();
      },
      () => server.close(),
    );
    const link = await openLink(server.url);
    cleanUps.push(() => link.close());
    expect(link.hasModemLines).toBe(false);
    await link.setLines({ dtr: true, rts: false });
    await link.setBaud(921_600);
    expect(link.baud).toBe(921_600);
  });
});

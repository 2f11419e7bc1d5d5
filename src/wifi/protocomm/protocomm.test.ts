// Unified provisioning against the virtual device, over HTTP and console, in each security version, with its faults.
import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn } from '../../../test/support/plug-in.js';
import { createVirtualBoard, servePortal, type VirtualWifi } from '../../virtual/index.js';
import { ProtocommClient, type ProtocommOptions } from './client.js';
import { ConsoleTransport } from './console-transport.js';
import { HttpTransport } from './http-transport.js';
import { EspmintError } from '../../core/errors/index.js';
import { HandlerFailed, type ProtocommTransport } from './transport.js';
import { encodeMessage, Message } from './protobuf.js';
import { stationState } from './messages.js';
import { qrPayload, randomProof } from '../../core/wifi-label.js';
import { SharedStream } from './security1.js';
import { makeVerifier, SrpClient } from '../../core/srp.js';
import { readVersion } from './version.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function overHttp(wifi: VirtualWifi, options: ProtocommOptions = {}): Promise<ProtocommClient> {
  const board = createVirtualBoard({ application: 'wifi-protocomm', wifi });
  const server = await servePortal(board, { host: '127.0.0.1', port: 0 });
  const transport = new HttpTransport(server.url);
  closers.push(
    () => board.dispose(),
    () => server.close(),
    () => transport.close(),
  );
  return new ProtocommClient(transport, { proof: 'abcd1234', ...options });
}

async function overConsole(wifi: VirtualWifi, options: ProtocommOptions = {}): Promise<ProtocommClient> {
  const { virtual, link } = await plugIn({ application: 'wifi-protocomm', wifi });
  closers.push(() => virtual.dispose());
  return new ProtocommClient(new ConsoleTransport(link), { proof: 'abcd1234', ...options });
}

describe('unified provisioning', () => {
  it.each([
    ['security 0 over HTTP', overHttp, { security: 0 }],
    ['security 1 over HTTP', overHttp, { security: 1 }],
    ['security 1 without proof over HTTP', overHttp, { security: 1, proof: '' }],
    ['security 2 over HTTP', overHttp, { security: 2 }],
    ['security 2, patch 0, over HTTP', overHttp, { security: 2, securityPatch: 0 }],
    ['security 0 over the console', overConsole, { security: 0 }],
    ['security 1 over the console', overConsole, { security: 1 }],
  ] as const)('scans and joins with %s', async (_, connect, wifi) => {
    const warnings: string[] = [];
    const client = await connect(wifi, { onWarning: ({ code }) => warnings.push(code) });
    expect((await client.scan()).map(({ ssid, channel, secured }) => [ssid, channel, secured])).toEqual([
      ['Lab', 6, true],
      ['Factory Floor', 11, true],
      ['Guests', 1, false],
    ]);
    expect(await client.provision('Lab', 'lab-password')).toEqual({ address: '192.168.77.130', channel: 6 });
    const expected =
      wifi.security === 0 ? ['WIFI_UNPROTECTED'] : 'securityPatch' in wifi ? ['WIFI_NONCE_REUSED'] : [];
    expect(warnings).toEqual(expected);
  });

  it.each([1, 2] as const)(
    'names a wrong proof of possession with security %i, over HTTP',
    async (security) => {
      const client = await overHttp({ security }, { proof: 'wrong' });
      await expect(client.provision('Lab', 'lab-password')).rejects.toMatchObject({
        code: 'WIFI_PROOF_REFUSED',
      });
    },
  );

  it.each([
    ['prov-scan', 'no message', Uint8Array.of(0x0a, 5, 1)],
    ['prov-config', 'no message', Uint8Array.of(0x0a, 5, 1)],
    // Read carelessly it would say status 0, and state 0: connected.
    ['prov-scan', 'empty', new Uint8Array()],
    ['prov-config', 'empty', new Uint8Array()],
    ['prov-config', 'the answer to another request', Uint8Array.of(8, 5, 0x7a, 0)],
  ])('refuses an answer of %s that is %s, by name', async (broken, _, answer) => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const client = new ProtocommClient({
      address: 'http://192.168.4.1',
      request: (endpoint) => {
        if (endpoint === 'proto-ver') return Promise.resolve(bytes('{"prov":{"ver":"v1.1","sec_ver":0}}'));
        const session = Uint8Array.of(0x10, 0, 0x52, 5, 8, 1, 0xaa, 1, 0);
        return Promise.resolve(endpoint === broken ? answer : session);
      },
      renew: () => undefined,
      close: () => undefined,
    });
    const asked = broken === 'prov-scan' ? client.scan() : client.provision('Lab', 'lab-password');
    await expect(asked).rejects.toMatchObject({ code: 'WIFI_ANSWER_BROKEN' });
  });

  it('names a wrong proof over the console, and a missing one before anything is sent', async () => {
    const wrong = await overConsole({}, { proof: 'wrong' });
    await expect(wrong.provision('Lab', 'lab-password')).rejects.toMatchObject({
      code: 'WIFI_PROOF_REFUSED',
    });
    const missing = await overHttp({}, { proof: undefined });
    await expect(missing.provision('Lab', 'lab-password')).rejects.toThrow(/none was given/);
  });

  it('says why a board could not join, and takes another try without a restart', async () => {
    const client = await overHttp({});
    await expect(client.provision('Lab', 'wrong-password')).rejects.toThrow(/authentication failed/);
    await expect(client.provision('Elsewhere', 'wrong-password')).rejects.toThrow(/no such network/);
    expect(await client.provision('Guests', '')).toMatchObject({ channel: 1 });
  });

  it('waits for a slow board, says what one refuses, and goes on in a new session after a lost answer', async () => {
    const states: string[] = [];
    const slow = await overHttp({ fault: 'slow' }, { onState: ({ state }) => states.push(state) });
    await slow.provision('Lab', 'lab-password');
    expect(states).toEqual(['connecting', 'connecting', 'connecting', 'connected']);
    const refusing = await overHttp({ fault: 'rejects' });
    await expect(refusing.provision('Lab', 'lab-password')).rejects.toMatchObject({ code: 'WIFI_REFUSED' });
  });

  it.each(['over HTTP', 'over the console'])(
    'goes on in new sessions where every second answer is lost, %s',
    async (way) => {
      const client = await (way === 'over HTTP' ? overHttp : overConsole)({ fault: 'drops' });
      expect((await client.scan()).map(({ ssid }) => ssid)).toContain('Lab');
      expect(await client.provision('Lab', 'lab-password')).toMatchObject({ address: '192.168.77.130' });
    },
  );

  it('goes on with a device that was restarted, or spoke with another client, and forgot the session', async () => {
    const board = createVirtualBoard({ application: 'wifi-protocomm' });
    const server = await servePortal(board, { host: '127.0.0.1', port: 0 });
    closers.push(
      () => board.dispose(),
      () => server.close(),
    );
    const [client, other] = [0, 1].map(() => {
      const transport = new HttpTransport(server.url);
      closers.push(() => transport.close());
      return new ProtocommClient(transport, { proof: 'abcd1234' });
    }) as [ProtocommClient, ProtocommClient];
    await client.scan();
    await other.scan();
    expect(await client.provision('Lab', 'lab-password')).toMatchObject({ address: '192.168.77.130' });
  });

  it('never takes a lost connection for success', async () => {
    for (const fault of ['closes', 'silent'] as const) {
      const client = await overHttp({ fault }, { joinTimeoutMs: 1_500 });
      await expect(client.provision('Lab', 'lab-password')).rejects.toMatchObject({
        code: 'WIFI_JOIN_UNPROVEN',
      });
    }
  });

  it('takes neither a stopped run nor a pulled cable for a refusal', async () => {
    for (const code of ['CANCELLED', 'LINK_CLOSED'] as const) {
      const { virtual, link } = await plugIn({ application: 'wifi-protocomm', wifi: { security: 0 } });
      closers.push(() => virtual.dispose());
      const real = new ConsoleTransport(link);
      let configs = 0;
      const failing: ProtocommTransport = {
        address: 'com',
        renew: () => real.renew(),
        close: () => undefined,
        request: (endpoint, body) => {
          if (endpoint === 'prov-config') configs += 1;
          // The answer to "apply" is lost, and then the board cannot be asked.
          if (configs < 2) return real.request(endpoint, body);
          return Promise.reject(
            configs === 2 && endpoint === 'prov-config'
              ? new HandlerFailed(endpoint)
              : new EspmintError(code, { what: 'it', port: 'com', reason: 'it is gone' }),
          );
        },
      };
      await expect(new ProtocommClient(failing).provision('Lab', 'lab-password')).rejects.toMatchObject({
        code,
      });
    }
  });

  it('refuses what no device takes, before anything is sent', async () => {
    const client = await overHttp({});
    await expect(client.provision('Lab', 'a'.repeat(64))).rejects.toThrow(/64 bytes.*takes 63/);
    await expect(client.provision('é'.repeat(17), 'lab-password')).rejects.toThrow(/34 bytes.*takes 32/);
  });

  it('takes a request that a console has no room for to nobody', async () => {
    const client = await overConsole({ security: 2 });
    await expect(client.provision('Lab', 'lab-password')).rejects.toThrow(/console takes 255/);
  });

  it('takes a device that is not there, and one that is none, for what they are', async () => {
    const nobody = new ProtocommClient(new HttpTransport('http://127.0.0.1:9', { timeoutMs: 300 }), {
      proof: 'x',
    });
    await expect(nobody.version()).rejects.toMatchObject({ code: 'PORT_UNREACHABLE' });
    expect(() => new HttpTransport('ftp://x')).toThrow(/--url/);
  });

  it.each([
    [
      'a redirect',
      'HTTP/1.1 302 Found\r\nLocation: http://login.example\r\nContent-Length: 0\r\n\r\n',
      'WIFI_REFUSED',
      /sign-in page/,
    ],
    [
      'a page',
      'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>Hi</html>',
      'WIFI_ANSWER_BROKEN',
      /proto-ver|version/,
    ],
    [
      'no such address',
      'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
      'WIFI_REFUSED',
      /waits for provisioning/,
    ],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'WIFI_REFUSED',
      /status 101/,
    ],
  ] as const)(
    'takes the sign-in page of another network for no board: %s',
    async (_, answer, code, message) => {
      const asked: string[] = [];
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (data) => {
          asked.push(data.toString('latin1'));
          socket.write(answer);
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const transport = new HttpTransport(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      closers.push(
        () => server.close(),
        () => transport.close(),
      );
      const client = new ProtocommClient(transport, { proof: 'abcd1234' });
      const failure = await client.provision('Lab', 'c4nary-password').catch((error: unknown) => error);
      expect(failure).toMatchObject({ code, message: expect.stringMatching(message) as string });
      expect(asked.join()).not.toContain('c4nary');
    },
  );

  it('gives a portal up whose answer drips', async () => {
    const server = createServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 5);
      socket.resume().on('error', () => undefined);
      socket.on('close', () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const transport = new HttpTransport(`http://127.0.0.1:${port}`, { timeoutMs: 100 });
    closers.push(() => transport.close());
    await expect(transport.request('proto-ver', Uint8Array.of(1))).rejects.toMatchObject({
      code: 'WIFI_NO_ANSWER',
    });
  });
});

/** Web servers of other devices: each answers in its own way. */
const HABITS = {
  'HTTP/1.0, and closes': (body) => [
    `HTTP/1.0 200 OK\r\nset-cookie: session=77; Path=/\r\n\r\n`,
    body,
    'close',
  ],
  'in chunks of one byte': (body) => [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: session=77\r\n\r\n',
    ...Array.from(body, (byte) => Buffer.from([0x31, 0x0d, 0x0a, byte, 0x0d, 0x0a])),
    '0\r\n\r\n',
  ],
  'in pieces': (body) => [
    'HTTP/1.1 2',
    `00 OK\r\nContent-Length: ${body.length}\r\nSet-Cookie: session=77\r\nX-Other: 1`,
    '\r\n\r\n',
    ...Array.from(body, (byte) => Buffer.from([byte])),
  ],
  'and closes what it promised to keep': (body) => [
    `HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: ${body.length}\r\nSet-Cookie: session=77\r\n\r\n`,
    body,
    'close later',
  ],
} satisfies Record<string, (body: Uint8Array) => (string | Uint8Array)[]>;

describe('a device whose web server answers', () => {
  it.each(Object.keys(HABITS) as (keyof typeof HABITS)[])('%s is provisioned', async (habit) => {
    const board = createVirtualBoard({ application: 'wifi-protocomm' });
    const cookies = new Set<string | undefined>();
    const server = createServer((socket) => {
      let received = Buffer.alloc(0);
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        received = Buffer.concat([received, data]);
        const end = received.indexOf('\r\n\r\n');
        const head = received.subarray(0, end).toString();
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (end < 0 || received.length < end + 4 + length) return;
        const body = received.subarray(end + 4, end + 4 + length);
        received = received.subarray(end + 4 + length);
        cookies.add(/^cookie: (.*)$/im.exec(head)?.[1]);
        const answer = board.radio.request(/^POST \/(\S+)/.exec(head)?.[1] ?? '', 77, body);
        if (answer === undefined) return void socket.destroy();
        for (const piece of HABITS[habit](answer)) {
          if (piece === 'close') socket.end();
          else if (piece === 'close later') setTimeout(() => socket.destroy(), 5);
          else socket.write(piece);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const transport = new HttpTransport(`http://127.0.0.1:${port}`);
    closers.push(
      () => board.dispose(),
      () => server.close(),
      () => transport.close(),
    );
    const client = new ProtocommClient(transport, { proof: 'abcd1234' });
    expect((await client.scan()).map(({ ssid }) => ssid)).toContain('Lab');
    expect(await client.provision('Lab', 'lab-password')).toMatchObject({ address: '192.168.77.130' });
    expect(cookies).toEqual(new Set([undefined, 'session=77']));
  });
});

describe('the messages', () => {
  it('are read as they were written, with unknown fields passed over', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        fc.uint8Array(),
        fc.string(),
        (number, data, text) => {
          const fields = [
            [1, number],
            [2, data],
            [300, text],
          ] as const;
          const extra = Uint8Array.of((9 << 3) | 5, 1, 2, 3, 4, (10 << 3) | 1, 1, 2, 3, 4, 5, 6, 7, 8);
          const message = new Message(Uint8Array.from([...encodeMessage(fields), ...extra]));
          expect([message.number(1), message.bytes(2), message.text(300)]).toEqual([
            number,
            data,
            new TextDecoder().decode(new TextEncoder().encode(text)),
          ]);
        },
      ),
    );
  });

  it('refuse bytes that end too early, and survive any', () => {
    expect(() => new Message(Uint8Array.of(10, 5, 1))).toThrow(RangeError);
    // An answer to "how did it go?" that was cut before it says so: what is left out reads as 0, connected.
    expect(() => stationState(Uint8Array.of(8, 1))).toThrow('does not say how the board is connected');
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          new Message(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe('the cryptography', () => {
  it('goes on with one keystream, however messages cut it', () => {
    const [key, iv] = [randomBytes(32), new Uint8Array(16).fill(0xff)];
    const whole = new SharedStream(key, iv).apply(new Uint8Array(200));
    const pieces = new SharedStream(key, iv);
    const joined = [1, 15, 16, 17, 0, 100, 51].flatMap((length) => [...pieces.apply(new Uint8Array(length))]);
    expect(Uint8Array.from(joined)).toEqual(whole);
  });

  it('refuses device keys with which anybody could pass', () => {
    const client = new SrpClient('wifiprov', 'abcd1234');
    expect(() => client.prove(randomBytes(16), new Uint8Array(384))).toThrow(RangeError);
    expect(client.publicKey).toHaveLength(384);
    expect(client.accept(new Uint8Array(64))).toBeUndefined();
  });

  it('makes salts without a leading zero, and verifiers of full length', () => {
    const { salt, verifier } = makeVerifier('wifiprov', 'abcd1234');
    expect([salt.length, verifier.length, salt[0] === 0]).toEqual([16, 384, false]);
  });
});

describe('the version', () => {
  it.each([
    ['{"prov":{"ver":"netprov-v1.2","sec_ver":2,"sec_patch_ver":1,"cap":["wifi_scan"]},"app":{}}', 2, 1],
    ['{"prov":{"ver":"v1.1","cap":["no_sec"]}}', 0, 0],
    ['{"prov":{"ver":"v1.1","cap":["no_pop","wifi_scan"]}}', 1, 0],
    ['v1.1', 1, 0],
    ['v1.1\0', 1, 0],
  ])('is read from %s', (text, security, securityPatch) => {
    expect(readVersion(text)).toMatchObject({ security, securityPatch });
  });
  it.each(['{', '{"prov":1}', '\u0001', '{"prov":{"sec_ver":7}}'])('is refused: %j', (text) => {
    expect(() => readVersion(text)).toThrow(RangeError);
  });
});

describe('the label', () => {
  it('holds the text that phone apps read', () => {
    const of = { name: 'PROV_ABC123', proof: 'abcd1234', transport: 'softap' } as const;
    expect(qrPayload(of)).toBe('{"ver":"v1","name":"PROV_ABC123","pop":"abcd1234","transport":"softap"}');
    expect(qrPayload({ ...of, username: 'wifiprov' })).toBe(
      '{"ver":"v1","name":"PROV_ABC123","username":"wifiprov","pop":"abcd1234","transport":"softap"}',
    );
    expect(qrPayload({ name: 'P"1', transport: 'ble' })).toBe(
      '{"ver":"v1","name":"P\\"1","transport":"ble"}',
    );
  });
  it('has a proof of its own for each device', () => {
    const proofs = new Set(Array.from({ length: 1_000 }, randomProof));
    expect(proofs.size).toBe(1_000);
    for (const proof of proofs) expect(proof).toMatch(/^[a-hjkmnp-z2-9]{16}$/);
  });
});

// ESPTouch, both versions: published lengths, a receiver written apart from the sender, loss, and real packets.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createVirtualBoard, EsptouchReceiver, serveAir, type BoardServer } from '../../virtual/index.js';
import { diagnoseSilence, type SilenceFacts } from './diagnosis.js';
import { broadcastOf } from './own-network.js';
import { sendSmartConfig, type SmartConfigRequest } from './sender.js';
import { readV1Acknowledgement, V1_GUIDE, v1Lengths } from './v1.js';
import { readV2Acknowledgement, v2Lengths, type V2Content } from './v2.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const bssid = Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff);
const sender = Uint8Array.of(192, 168, 1, 50);
const key = text('0123456789abcdef');

describe('the lengths', () => {
  it('of version 1 are the published ones', () => {
    const lengths = v1Lengths({
      ssid: text('MyNet'),
      password: text('secret12'),
      bssid,
      senderAddress: sender,
    });
    expect(lengths).toHaveLength(84);
    expect(lengths.slice(0, 18)).toEqual([
      105, 296, 142, 72, 297, 176, 148, 298, 143, 185, 299, 282, 246, 300, 182, 114, 318, 194,
    ]);
  });

  it('of version 2 are the published ones', () => {
    const lengths = v2Lengths({ ssid: text('MyNet1'), password: text('secret123456'), bssid, portIndex: 0 });
    expect(lengths).toEqual([
      1048, 1075, 1048, 1075, 67, 228, 369, 465, 580, 705, 832, 961, 128, 128, 128, 122, 236, 339, 448, 613,
      767, 895, 966, 129, 129, 129, 106, 217, 327, 448, 639, 767, 832, 1004, 130, 130, 130, 117, 200, 366,
      504, 595, 727, 894, 1001,
    ]);
  });

  it('of version 2 with a key are those of another reading of the format, whose chunks need no random padding', () => {
    const content = {
      ssid: text('MyNet1'),
      password: text('0123456789abcdef'.repeat(4)),
      bssid,
      key,
      portIndex: 0,
    };
    const lengths = v2Lengths(content);
    expect(lengths.slice(0, 26)).toEqual([
      1048, 1089, 1048, 1089, 67, 231, 352, 448, 580, 705, 849, 961, 128, 128, 128, 65, 250, 330, 462, 634,
      760, 888, 965, 129, 129, 129,
    ]);
    expect(createHash('sha256').update(JSON.stringify(lengths)).digest('hex')).toBe(
      'b9f08e218995d0e9ee4878f124e68e46a42ecdc58e4987d628ad9b87cd00120e',
    );
    // A random start takes four chunks more, between password and name, and is security 2 in the head.
    const random = v2Lengths({ ...content, randomIv: true });
    expect([random.length, ...random.slice(0, 12)]).toEqual([
      243, 1048, 1093, 1048, 1093, 66, 229, 355, 449, 581, 705, 848, 960,
    ]);
    expect(random.slice(-11)).toEqual([148, 148, 148, ...lengths.slice(-8)]);
  });

  it('refuse what the format cannot carry', () => {
    const long = { ssid: text('s'.repeat(50)), password: text('p'.repeat(64)), bssid, senderAddress: sender };
    expect(() => v1Lengths(long)).toThrow(/SmartConfig can number/);
    const v2 = { ssid: text('a'), password: text('b'), bssid, portIndex: 0 };
    expect(() => v2Lengths({ ...v2, key: text('short') })).toThrow(/exactly 16/);
    expect(() => v2Lengths({ ...v2, ssid: text('s'.repeat(33)) })).toThrow(/at most 32/);
  });
});

describe('a receiver', () => {
  const names = fc.string({ unit: fc.constantFrom(...'aZ09 -_é日'), minLength: 1, maxLength: 10 });
  const passwords = fc.string({ unit: fc.constantFrom(...'aZ09 !"\\é'), maxLength: 20 });

  it('reads version 1 back, whatever is sent', () => {
    fc.assert(
      fc.property(names, passwords, (ssid, password) => {
        const lengths = v1Lengths({
          ssid: text(ssid),
          password: text(password),
          bssid,
          senderAddress: sender,
        });
        const heard = receive([...V1_GUIDE, ...lengths]);
        expect(heard).toMatchObject({ protocol: 'v1', ssid, password, senderAddress: '192.168.1.50' });
      }),
    );
  });

  it('reads version 2 back, with and without key, reserved data and bytes beyond ASCII', () => {
    const reserved = fc.option(fc.uint8Array({ maxLength: 30 }), { nil: undefined });
    fc.assert(
      fc.property(
        names,
        passwords,
        reserved,
        fc.constantFrom(undefined, { key }, { key, randomIv: true }),
        fc.nat(3),
        (ssid, password, extra, sealed, portIndex) => {
          const content: V2Content = {
            ssid: text(ssid),
            password: text(password),
            bssid,
            reserved: extra,
            portIndex,
            ...sealed,
          };
          expect(receive(v2Lengths(content), key)).toMatchObject({
            protocol: 'v2',
            ssid,
            password,
            portIndex,
          });
        },
      ),
    );
  });

  it('without the key reads nothing of what was sealed with it', () => {
    const lengths = v2Lengths({
      ssid: text('Lab'),
      password: text('c4nary-password'),
      bssid,
      portIndex: 0,
      key,
    });
    expect(receive(lengths)).toBeUndefined();
    expect(receive(lengths, text('another-key-1234'))?.password).not.toBe('c4nary-password');
  });

  it('gets another stream each time where the encryption starts at random, and the same where it starts at zero', () => {
    const password = text('secret-of-16-chars');
    const sealed = (randomIv: boolean): string =>
      v2Lengths({ ssid: text('Lab'), password, bssid, portIndex: 0, key, randomIv })
        .slice(12, 67)
        .join();
    expect(sealed(false)).toBe(sealed(false));
    expect(sealed(true)).not.toBe(sealed(true));
    const extra = [false, true].map(
      (randomIv) => v2Lengths({ ssid: text('Lab'), password, bssid, portIndex: 0, key, randomIv }).length,
    );
    // Four chunks of a mark, sent three times, and eight columns.
    expect((extra[1] ?? 0) - (extra[0] ?? 0)).toBe(4 * 11);
  });

  it('survives any lengths', () => {
    fc.assert(fc.property(fc.array(fc.nat(1500)), (lengths) => void receive(lengths, key)));
  });

  /** 45 s of version 1 are 28 rounds of its data at 8 ms a packet; 90 s of version 2 about 100 rounds. */
  it.each(['v1', 'v2', 'v2 with a random start'] as const)(
    'recovers %s at 10 % loss within one cycle, each of 100 times',
    (protocol) => {
      const randomIv = protocol === 'v2 with a random start';
      const [ssid, password] = ['Factory Floor', 'correct horse battery'];
      const lengths =
        protocol === 'v1'
          ? v1Lengths({ ssid: text(ssid), password: text(password), bssid, senderAddress: sender })
          : v2Lengths({ ssid: text(ssid), password: text(password), bssid, portIndex: 0, key, randomIv });
      const rounds = protocol === 'v1' ? 28 : 40;
      for (let seed = 1; seed <= 100; seed++) {
        const random = seeded(seed);
        const heard = Array.from({ length: rounds }, () => lengths.filter(() => random() >= 0.1)).flat();
        expect(receive(heard, key)).toMatchObject({ ssid, password });
      }
    },
  );
});

describe('an acknowledgement', () => {
  it('is matched by its token and its port, and gives the board', () => {
    const v1 = Uint8Array.of(22, 0xa4, 0xcf, 0x12, 0x34, 0x56, 0x78, 192, 168, 1, 77);
    expect(readV1Acknowledgement(v1, 22)).toEqual({ mac: 'a4:cf:12:34:56:78', address: '192.168.1.77' });
    expect(readV1Acknowledgement(v1, 23)).toBeUndefined();
    expect(readV1Acknowledgement(v1.subarray(1), 0xa4)).toBeUndefined();
    const v2 = Uint8Array.of(2, 0xa4, 0xcf, 0x12, 0x34, 0x56, 0x78);
    expect(readV2Acknowledgement(v2, 2, '192.168.1.77')).toMatchObject({ mac: 'a4:cf:12:34:56:78' });
    expect(readV2Acknowledgement(v2, 0, '192.168.1.77')).toBeUndefined();
  });
});

describe('the sender', () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function board(
    mode: SmartConfigRequest['protocol'],
    network: { ssid: string; password: string },
  ): Promise<{ server: BoardServer; ports: Ports; request: SmartConfigRequest }> {
    const ports = { acknowledgement: [await freeUdp(), await freeUdp()], reply: await freeUdp() };
    const virtual = createVirtualBoard({ application: 'wifi', wifi: {} });
    virtual.radio.receiver = new EsptouchReceiver(key);
    const air = { v1: ports.acknowledgement[0]!, v2: ports.acknowledgement };
    const server = await serveAir(virtual, { host: '127.0.0.1', port: 0 }, air);
    closers.push(
      () => virtual.dispose(),
      () => server.close(),
    );
    const device = Number(new URL(server.url.replace('udp', 'http')).port);
    const request = {
      protocol: mode,
      ...network,
      bssid,
      key: mode === 'v2' ? key : undefined,
      address: '127.0.0.1',
      destination: '127.0.0.1',
    };
    return { server, ports: { ...ports, device }, request };
  }

  const quick = { guideMs: 20, dataMs: 200, packetMs: 1, firstMs: 0, listenMs: 200 };

  it.each(['v1', 'v2'] as const)(
    'brings a virtual board onto the network by %s, and hears it',
    async (protocol) => {
      const { ports, request } = await board(protocol, { ssid: 'Lab', password: 'lab-password' });
      const report = await sendSmartConfig(request, { ports, pace: { ...quick, sendMs: 8_000 } });
      expect(report.boards.map(({ mac }) => mac)).toEqual(['a4:cf:12:34:56:78']);
      if (protocol === 'v1') expect(report.boards[0]!.address).toBe('192.168.77.130');
    },
  );

  it('ends without a board when the password is wrong, and counts what was not for it', async () => {
    const { ports, request } = await board('v1', { ssid: 'Lab', password: 'wrong-password' });
    const stranger = createSocket('udp4');
    closers.push(() => stranger.close());
    const sending = sendSmartConfig(request, { ports, pace: { ...quick, sendMs: 600, listenMs: 100 } });
    stranger.send(new Uint8Array(11), ports.acknowledgement[0], '127.0.0.1');
    await new Promise((resolve) => setTimeout(resolve, 200));
    stranger.send(new Uint8Array(11), ports.acknowledgement[0], '127.0.0.1');
    expect(await sending).toMatchObject({ boards: [] });
    expect((await sending).foreign).toBeGreaterThan(0);
  });

  it('sends the guide, then whole triples, and nothing that says the password but lengths', async () => {
    const socket = createSocket('udp4');
    const heard: Buffer[] = [];
    const isData = ({ length }: Uint8Array): boolean => length < 512;
    const enough = new AbortController();
    socket.on('message', (bytes) => {
      heard.push(bytes);
      if (heard.filter(isData).length === 30) enough.abort();
    });
    const device = await new Promise<number>((resolve) =>
      socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)),
    );
    closers.push(() => socket.close());
    const ports = { device, acknowledgement: [await freeUdp()], reply: 9 };
    const request = {
      protocol: 'v1',
      ssid: 'Lab',
      password: 'c4nary-password',
      bssid,
      address: '127.0.0.1',
      destination: '127.0.0.1',
    } as const;
    const pace = { ...quick, sendMs: 20_000 };
    await sendSmartConfig(request, { ports, pace, signal: enough.signal }).catch(() => undefined);
    expect(heard.slice(0, 4).map(({ length }) => length)).toEqual([515, 514, 513, 512]);
    const data = heard.filter(isData).map(({ length }) => length);
    const expected = v1Lengths({
      ssid: text('Lab'),
      password: text('c4nary-password'),
      bssid,
      senderAddress: Uint8Array.of(127, 0, 0, 1),
    });
    expect(data.slice(0, 30)).toEqual(expected.slice(0, 30));
    expect(heard.every((packet) => packet.every((byte) => byte === 0x31))).toBe(true);
  });

  it('stops at once when it is cancelled', async () => {
    const { ports, request } = await board('v1', { ssid: 'Nowhere', password: 'lab-password' });
    const stop = new AbortController();
    const sending = sendSmartConfig(request, { ports, signal: stop.signal, pace: quick });
    setTimeout(() => stop.abort(), 50);
    await expect(sending).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('the diagnosis of silence', () => {
  const network = {
    interfaceName: 'wlan0',
    address: '192.168.1.50',
    wireless: true,
    ssid: 'Lab',
    frequencyMhz: 2437,
  };
  const facts: SilenceFacts = { protocol: 'v1', ssid: 'Lab', encrypted: false, network, foreign: 0 };
  it.each([
    [{ network: { ...network, frequencyMhz: 5180 } }, /5 GHz \(5180 MHz\)/],
    [{ network: { ...network, ssid: 'Home' } }, /in "Home", not in "Lab"/],
    [{ network: { ...network, wireless: false } }, /wired/],
    [{ network: { ...network, loopback: true } }, /loopback/],
    [{ network: undefined }, /no network address/],
    [{ foreign: 3 }, /^3 acknowledgement/],
    [{ boardSays: 'wrong-password' }, /network refused it/],
    [{ boardSays: 'joined' }, /fell off/],
    [{ boardSays: 'nothing' }, /heard no packet/],
  ] as const)('puts the surest cause first: %j', (change, cause) => {
    expect(diagnoseSilence({ ...facts, ...change })[0]).toMatch(cause);
  });
  it('names what only a person can check where nothing is sure', () => {
    expect(diagnoseSilence(facts).join(' ')).toMatch(
      /isolate its clients.*wrong password shows as silence.*SmartConfig mode/,
    );
  });
  it('knows the broadcast address of a network', () => {
    expect(broadcastOf('192.168.5.50', '255.255.252.0')).toBe('192.168.7.255');
  });
});

interface Ports {
  readonly device: number;
  readonly acknowledgement: readonly number[];
  readonly reply: number;
}

function receive(lengths: readonly number[], aesKey?: Uint8Array): ReturnType<EsptouchReceiver['hear']> {
  const receiver = new EsptouchReceiver(aesKey);
  for (const length of lengths) {
    const network = receiver.hear(length);
    if (network !== undefined) return network;
  }
  return undefined;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function freeUdp(): Promise<number> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

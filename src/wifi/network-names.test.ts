// Networks of every legal name and password through every way: each reaches a board byte for byte, or is refused first.
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn } from '../../test/support/plug-in.js';
import { scriptedLink } from '../../test/support/scripted-link.js';
import { checkWifi } from '../core/wifi.js';
import { EsptouchReceiver, type ApplicationName, type VirtualNetwork } from '../virtual/index.js';
import { bringOnline, runConsole } from './bring-online.js';
import { CONSOLE_PRESETS } from './console/presets.js';
import { findWay, type FoundWay } from './find-way.js';
import { JoinLog } from './join-log.js';
import { cautionOf } from './seen-network.js';
import { v1Lengths } from './smartconfig/v1.js';
import { v2Lengths } from './smartconfig/v2.js';
import { watchJoin } from './watch-join.js';

const NETWORKS: readonly (readonly [what: string, ssid: string, password: string])[] = [
  ['32 bytes, 63 characters', 's'.repeat(32), 'p'.repeat(63)],
  ['Chinese', '工厂车间网络', 'lab-password'],
  ['emoji, 32 bytes', '📶'.repeat(8), 'lab-password'],
  ['no password', 'Offen', ''],
  ['quotes, backslashes and percent', `a "b" 'c' \\ %s\\n`, `p "q" \\ ' %d $(x)`],
  ['blanks around it', ' Lab ', 'lab password '],
  ['words of a log', 'A, aid = 3, channel 5', 'lab-password'],
  ['one byte, 8 characters', 'x', '12345678'],
];
/** 64 hex digits: PBKDF2 of the password that the network has. */
const RAW_KEY = 'ee68ba6c46ea943e4b1d7dfc1d8d7d1bab4e2bb3a1be6e9cf2c8ae0f2d9b5d3e';
const LINKED: readonly ApplicationName[] = ['wifi-improv', 'wifi-protocomm', 'wifi-console'];
const bssid = Uint8Array.of(2, 0, 0, 0, 0, 1);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function found(application: ApplicationName, networks: readonly VirtualNetwork[]) {
  const { virtual, link } = await plugIn({ application, wifi: { networks } });
  closers.push(() => virtual.dispose());
  const way = application.replace('wifi-', '') as FoundWay['way'];
  const answer = await findWay(link, { ways: [way] });
  if (answer === undefined) throw new Error(`${application} did not answer`);
  return { link, way: answer };
}

describe('every network', () => {
  it('is joined over the cable in each way', async () => {
    // Side by side: what takes time is waiting for boards.
    const all = NETWORKS.flatMap(([what, ssid, password]) =>
      LINKED.map(async (application) => {
        checkWifi({ ssid, password }, 'standard');
        const { link, way } = await found(application, [{ ssid, password }, { ssid: 'Lab' }]);
        const online = await bringOnline(link, way, { ssid, password }, { proof: 'abcd1234' });
        return `${what}: ${online.way}`;
      }),
    );
    const ways = LINKED.map((application) => application.replace('wifi-', ''));
    expect(await Promise.all(all)).toEqual(
      NETWORKS.flatMap(([what]) => ways.map((way) => `${what}: ${way}`)),
    );
  });
});

describe.each(NETWORKS)('a network with %s', (_, ssid, password) => {
  it('is read back from the lengths of SmartConfig, both versions, with and without a key', () => {
    const network = { ssid: bytes(ssid), password: bytes(password), bssid };
    const key = bytes('0123456789abcdef');
    const read = (lengths: readonly number[], own?: Uint8Array): unknown => {
      const receiver = new EsptouchReceiver(own);
      for (let round = 0; round < 6; round++)
        for (const length of lengths) {
          const heard = receiver.hear(length);
          if (heard !== undefined) return [heard.ssid, heard.password];
        }
      return undefined;
    };
    const first = v1Lengths({ ...network, senderAddress: Uint8Array.of(192, 168, 1, 50) });
    expect(read([515, 514, 513, 512, ...first])).toEqual([ssid, password]);
    expect(read(v2Lengths({ ...network, portIndex: 0 }))).toEqual([ssid, password]);
    expect(read(v2Lengths({ ...network, portIndex: 0, key }), key)).toEqual([ssid, password]);
  });

  it('is known again in the log of a board that joined it', async () => {
    const link = scriptedLink(() => []);
    link.say(
      bytes(`I (1233) wifi:connected with ${ssid}, aid = 1, channel 6, BW20, bssid = 02:00:00:00:00:01\r\n`),
    );
    link.say(
      bytes('I (2089) esp_netif_handlers: sta ip: 192.168.7.9, mask: 255.255.255.0, gw: 192.168.7.1\r\n'),
    );
    expect(await watchJoin(link, { ssid, timeoutMs: 2000 })).toMatchObject({
      ssid,
      address: '192.168.7.9',
      channel: 6,
    });
  });
});

describe('a name in a log', () => {
  it('of an Arduino or older driver, without an association id, is read whole too', () => {
    const log = new JoinLog();
    log.push('I (1) wifi:connected with A, channel 5, channel 11, bssid = 02:00:00:00:00:01');
    expect(
      log.push('I (2) esp_netif_handlers: sta ip: 10.0.0.2, mask: 255.0.0.0, gw: 10.0.0.1'),
    ).toMatchObject({
      ssid: 'A, channel 5',
      channel: 11,
    });
  });
});

describe('a raw key of 64 hex digits', () => {
  it('goes over the cable by Improv and the console, and is refused where the firmware has no room for it', async () => {
    checkWifi({ ssid: 'Lab', password: RAW_KEY }, 'standard');
    const network = [{ ssid: 'Lab', password: RAW_KEY }];
    const joins = (['wifi-improv', 'wifi-console'] as const).map(async (application) => {
      const { link, way } = await found(application, network);
      await bringOnline(link, way, { ssid: 'Lab', password: RAW_KEY });
    });
    await Promise.all(joins);
    const { link, way } = await found('wifi-protocomm', network);
    await expect(
      bringOnline(link, way, { ssid: 'Lab', password: RAW_KEY }, { proof: 'abcd1234' }),
    ).rejects.toThrow(/password has 64 bytes, and a device takes 63/);
  });
});

describe('a name that cannot be', () => {
  it.each([
    ['', /is empty/],
    ['s'.repeat(33), /33 bytes where the firmware has room for 32/],
    ['📶'.repeat(8) + 'x', /33 bytes/],
    ['a\0b', /NUL/],
    ['caf\uFFFD', /SSID is no UTF-8 text/],
    ['\ud83d', /SSID is no UTF-8 text/],
  ])('is refused with its field named: %j', (ssid, message) => {
    expect(() => checkWifi({ ssid }, 'standard')).toThrow(message);
  });
  it('is refused on a console, whose line it would end', async () => {
    const link = scriptedLink(() => []);
    await expect(
      runConsole(link, CONSOLE_PRESETS.zc, { ssid: 'a\nreboot', password: '' }, {}),
    ).rejects.toThrow(/value of ssid has a control character/);
    expect(link.written.join('')).not.toContain('reboot');
  });
});

describe('what a board sees', () => {
  const AIR: readonly VirtualNetwork[] = [
    { ssid: 'latin', ssidHex: '636166e9', password: 'lab-password', rssi: -30 },
    { ssid: 'Secret', hidden: true, password: 'lab-password', rssi: -31 },
    { ssid: 'Corp', auth: 5, password: 'x', rssi: -40 },
    { ssid: 'New', auth: 6, password: 'lab-password', rssi: -50 },
    { ssid: 'Old', auth: 1, password: 'lab-password', rssi: -60 },
    { ssid: 'Lab', password: 'lab-password', rssi: -70 },
  ];

  it('is listed by unified provisioning with how it is secured, and what that means', async () => {
    const { link, way } = await found('wifi-protocomm', AIR);
    if (way.way !== 'protocomm') throw new Error(way.way);
    const { ProtocommClient } = await import('./protocomm/client.js');
    const { ConsoleTransport } = await import('./protocomm/console-transport.js');
    const client = new ProtocommClient(new ConsoleTransport(link), { proof: 'abcd1234' });
    const seen = await client.scan();
    expect(seen.map(({ ssid, security, ssidHex }) => [ssid, security, ssidHex])).toEqual([
      ['caf\uFFFD', 'WPA2', '636166e9'],
      ['Corp', '802.1X', undefined],
      ['New', 'WPA3', undefined],
      ['Old', 'WEP', undefined],
      ['Lab', 'WPA2', undefined],
    ]);
    expect(seen.map((network) => cautionOf(network)?.slice(0, 24))).toEqual([
      'its name is no UTF-8 tex',
      'wants a user name or a c',
      'is WPA3 only: it takes n',
      'is WEP, which firmware r',
      undefined,
    ]);
    // Not listed, and joined all the same.
    expect(await client.provision('Secret', 'lab-password')).toMatchObject({ address: '192.168.77.130' });
  });

  it('is listed by Improv, which tells only whether there is a password', async () => {
    const { link, way } = await found('wifi-improv', AIR);
    if (way.way !== 'improv') throw new Error(way.way);
    const seen = await way.client.scan();
    expect(seen.map(({ ssid, secured, ssidHex }) => [ssid, secured, ssidHex])).toEqual([
      ['caf\uFFFD', true, '636166e9'],
      ['Corp', true, undefined],
      ['New', true, undefined],
      ['Old', true, undefined],
      ['Lab', true, undefined],
    ]);
    await bringOnline(link, way, { ssid: 'Secret', password: 'lab-password' });
  });
});

// Proof of connection from logs: real lines of ESP-IDF and Arduino, and lines that only look like success.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn } from '../../test/support/plug-in.js';
import type { VirtualBoard } from '../virtual/index.js';
import { JoinLog, type JoinVerdict } from './join-log.js';
import { watchJoin } from './watch-join.js';

function judge(...lines: readonly string[]): JoinVerdict | undefined {
  const log = new JoinLog();
  for (const line of lines) {
    const verdict = log.pushBytes(new TextEncoder().encode(`${line}\r\n`));
    if (verdict !== undefined) return verdict;
  }
  return log.finish();
}

describe('a log of joining', () => {
  it.each([
    'I (2089) esp_netif_handlers: sta ip: 192.168.77.89, mask: 255.255.255.0, gw: 192.168.77.1',
    '\u001b[0;32mI (2089) esp_netif_handlers: example_netif_sta ip: 192.168.77.89, mask: 255.255.255.0, gw: 192.168.77.1\u001b[0m',
    'I (00:00:03.120) example_connect: got ip:192.168.77.89',
    '[  2089][V][NetworkEvents.cpp:119] IP Event: 115 - STA_GOT_IP got ip: 192.168.77.89',
  ])('proves an address: %s', (line) => {
    expect(judge(line)).toMatchObject({ joined: true, address: '192.168.77.89' });
  });

  it('tells network and channel, and takes the radio link alone for no success', () => {
    const link = 'I (3233) wifi:connected with my, ssid, aid = 2, channel 11, 40D, bssid = 34:29:12:43:c5:40';
    expect(judge(link)).toMatchObject({ joined: false, text: 'it joined the network but got no address' });
    expect(judge(link, 'I (3300) app: got ip:10.0.0.7')).toMatchObject({
      joined: true,
      ssid: 'my, ssid',
      channel: 11,
      bssid: '34:29:12:43:c5:40',
    });
  });

  it.each([
    'I (10) esp_netif_handlers: sta ip: 0.0.0.0, mask: 0.0.0.0, gw: 0.0.0.0',
    'I (10) esp_netif_lwip: DHCP server started on interface WIFI_AP_DEF with IP: 192.168.4.1',
    'I (10) esp_netif_handlers: ap ip: 192.168.4.1, mask: 255.255.255.0, gw: 192.168.4.1',
    'I (10) app: waiting for IP',
    'zip: 1.2.3.4 unpacked',
  ])('is not deceived by: %s', (line) => {
    expect(judge(line)?.joined).not.toBe(true);
  });

  it.each([
    [['I (1) wifi:state: run -> init (0xfc0)', 'W (2) app: disconnected, reason=15'], 15],
    [['[  52][W] Reason: 201 - NO_AP_FOUND'], 201],
    [['I (1) wifi:state: auth -> init (0x200)'], 2],
    [['I (1) wifi:state: assoc -> init (1c0)', 'disconnect reason: 8'], 1],
    [['W (1) sta: Wi-Fi disconnected 203, retrying', 'reason:201', 'reason:201'], 201],
  ])('gives the reason in words: %j', (lines, reason) => {
    expect(judge(...lines)).toMatchObject({ joined: false, reason });
  });

  it('holds a password for wrong after three handshakes, not after one', () => {
    const log = new JoinLog();
    expect(log.push('wifi: disconnected, reason=15')).toBeUndefined();
    expect(log.push('wifi: disconnected, reason=204')).toBeUndefined();
    expect(log.push('wifi: disconnected, reason=15')).toMatchObject({ joined: false, reason: 15 });
    const late = new JoinLog();
    late.push('wifi: disconnected, reason=15');
    expect(late.push('got ip:10.0.0.7')).toMatchObject({ joined: true });
  });

  it('ends with a crash and with a board that restarts again and again', () => {
    expect(judge("Guru Meditation Error: Core  0 panic'ed")).toMatchObject({ text: 'the firmware panicked' });
    expect(judge(...Array<string>(3).fill('rst:0x8 (TG1WDT_SYS_RESET)'))).toMatchObject({ joined: false });
    expect(judge('rst:0x1 (POWERON_RESET)', 'rst:0x3 (SW_RESET)')).toBeUndefined();
  });

  it('looks at the first 1,024 characters of a line: what a pattern costs grows faster than its text', () => {
    const proof = 'got ip:192.168.77.89';
    const before = (chars: number): string => `${'wifi:connected with '.repeat(80)}`.slice(0, chars);
    expect(judge(before(1_000) + proof)).toMatchObject({ joined: true });
    expect(judge(before(1_010) + proof)).toBeUndefined();
    // A number that the cut has shortened is none.
    expect(judge(`${before(1_024 - proof.length + 1)}${proof}`)).toBeUndefined();
  });

  it('survives any bytes, cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        const log = new JoinLog();
        for (const piece of pieces) log.pushBytes(piece);
        log.finish();
      }),
    );
  });
});

describe('watching a board join', () => {
  let virtual: VirtualBoard | undefined;
  afterEach(() => virtual?.dispose());

  it('says of a silent board that it has no log, not that it has no Wi-Fi', async () => {
    const plugged = await plugIn({ application: 'silent' });
    virtual = plugged.virtual;
    const watching = watchJoin(plugged.link, { timeoutMs: 200 });
    await expect(watching).rejects.toMatchObject({ code: 'WIFI_JOIN_UNPROVEN' });
    await expect(watching).rejects.toThrow(/printed no log/);
  });

  it('takes an address in another network than the one asked for no proof', async () => {
    const plugged = await plugIn({ application: 'silent' });
    virtual = plugged.virtual;
    const begun = new TextEncoder().encode(
      'wifi:connected with Old, aid = 1, channel 1, BW20, bssid = 00:11:22:33:44:55\ngot ip:10.0.0.7\n',
    );
    await expect(watchJoin(plugged.link, { ssid: 'Lab', begun })).rejects.toThrow(/it is on "Old" instead/);
  });
});

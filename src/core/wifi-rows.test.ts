// The rows of esp_wifi's store and of the modes, byte for byte and as a device reads them.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readNvs } from '../virtual/firmware/nvs-reader.js';
import { deviceRows, type WifiPlan } from './device-config.js';
import { parseMac } from './mac.js';
import { encodeNvs, generateNvs } from './nvs/index.js';
import { parseProfile } from './profile/parse.js';
import { generatePsk } from './psk.js';
import { checkWifi } from './wifi.js';
import { net80211Rows, wifiModeRows } from './wifi-rows.js';

const SIZE = 0x3000;

describe("the rows of esp_wifi's own store", () => {
  it.each([
    ['Lab', 'lab-password'],
    ['s'.repeat(32), 'f'.repeat(64)],
    ['Grüße', ''],
  ])("are the bytes that the generator makes of Espressif's CSV: %s", (ssid, password) => {
    const csv = [
      'key,type,encoding,value',
      'nvs.net80211,namespace,,',
      `sta.ssid,data,blob_sz_fill(32;0x00),${ssid}`,
      `sta.pswd,data,blob_fill(64;0x00),${password}`,
    ].join('\n');
    const { image } = generateNvs([{ file: 'wifi.csv', bytes: new TextEncoder().encode(csv) }], SIZE);
    expect(encodeNvs(net80211Rows({ ssid, password }), SIZE)).toEqual(image);
  });
});

describe('the contract with firmware', () => {
  it('names every key with the room that its longest legal value takes', async () => {
    const guide = await readFile(new URL('../../docs/guides/wifi.md', import.meta.url), 'utf8');
    const documented = Array.from(guide.matchAll(/^\| `(wifi_\w+)` \| (\w+) \| (\d+) \|/gm), ([, ...row]) =>
      row.join(' '),
    );
    const layout = parseProfile('name: x', 'p').nvs;
    const psk = generatePsk();
    const wifi = { ssid: 's'.repeat(32), password: 'f'.repeat(64) };
    checkWifi(wifi, 'standard');
    const plans: (WifiPlan | undefined)[] = [
      undefined,
      { mode: 'portal', security: 1, username: 'wifiprov' },
      { mode: 'portal', security: 2, username: 'wifiprov' },
      { mode: 'wps', method: 'pin' },
      { mode: 'smartconfig', protocol: 'v2', key: '0123456789abcdef' },
    ];
    const device = { mac: parseMac('a4:cf:12:34:56:78'), uuid: 'u', psk, chip: 'esp32', caUrl: 'https://x' };
    const longest = new Map<string, number>();
    const types = new Map<string, string>();
    for (const wifiPlan of plans) {
      const rows = deviceRows({ ...device, wifi, wifiPlan }, layout);
      // What firmware reads from the image, not what was meant.
      for (const { key, value, blob } of readNvs(encodeNvs(rows, SIZE))) {
        if (!key.startsWith('wifi_')) continue;
        const type = rows.find((row) => 'key' in row && row.key === key)?.type ?? '';
        const room = blob?.length ?? (type === 'u8' ? 1 : Buffer.byteLength(value) + 1);
        longest.set(key, Math.max(room, longest.get(key) ?? 0));
        types.set(key, type);
      }
    }
    expect(documented.sort()).toEqual(
      [...longest].map(([key, room]) => `${key} ${types.get(key)} ${room}`).sort(),
    );
  });
});

describe('the rows of a mode', () => {
  const read = (rows: ReturnType<typeof wifiModeRows>): Record<string, string | number> =>
    Object.fromEntries(
      readNvs(encodeNvs(rows, SIZE)).map(({ key, value, blob }) => [key, blob?.length ?? value]),
    );

  it('tell the firmware the mode and what belongs to it, and no network', () => {
    expect(read(wifiModeRows({ mode: 'portal', security: 1, proof: 'abcd1234' }, 'zc'))).toEqual({
      wifi_mode: 'portal',
      wifi_sec_ver: '1',
      wifi_pop: 'abcd1234',
    });
    const salt = new Uint8Array(16);
    const verifier = new Uint8Array(384);
    expect(
      read(wifiModeRows({ mode: 'portal', security: 2, proof: 'abcd1234', salt, verifier }, 'zc')),
    ).toEqual({
      wifi_mode: 'portal',
      wifi_sec_ver: '2',
      wifi_sec2_salt: 16,
      wifi_sec2_vrf: 384,
    });
    expect(read(wifiModeRows({ mode: 'wps', pin: '12345670' }, 'zc'))).toEqual({
      wifi_mode: 'wps',
      wifi_wps_type: '2',
      wifi_wps_pin: '12345670',
    });
    expect(read(wifiModeRows({ mode: 'wps' }, 'zc'))).toEqual({ wifi_mode: 'wps', wifi_wps_type: '1' });
    expect(
      read(wifiModeRows({ mode: 'smartconfig', protocol: 'v2', key: '0123456789abcdef' }, 'zc')),
    ).toEqual({
      wifi_mode: 'smartconfig',
      wifi_sc_type: '3',
      wifi_sc_key: '0123456789abcdef',
    });
  });
});

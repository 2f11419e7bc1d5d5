// The rows of esp_wifi's store and of the modes, byte for byte and as a device reads them.
import { describe, expect, it } from 'vitest';
import { readNvs } from '../virtual/firmware/nvs-reader.js';
import { encodeNvs, generateNvs } from './nvs/index.js';
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

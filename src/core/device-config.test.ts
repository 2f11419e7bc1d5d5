import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deviceRows, type DeviceValues } from './device-config.js';
import { parseMac } from './mac.js';
import { decodeNvs, encodeNvs } from './nvs/index.js';
import { parseProfile } from './profile/parse.js';
import { parsePsk, type Psk } from './psk.js';

const layout = (yaml = ''): ReturnType<typeof parseProfile>['nvs'] =>
  parseProfile(`name: x\n${yaml}`, 'p').nvs;
const VALUES: DeviceValues = {
  mac: parseMac('a4:cf:12:34:56:78'),
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  psk: parsePsk('00112233445566778899aabbccddeeff'),
  chip: 'esp32',
  caUrl: 'https://ca.example.com:8443',
};

/** Key and value of the golden image's rows, so that the expectation is Espressif's and not ours. */
function goldenValues(): Map<string, string> {
  const file = new URL('../../test/fixtures/nvs/01-seed.bin.gz', import.meta.url);
  const values = decodeNvs(gunzipSync(readFileSync(file))).values;
  return new Map(values.map(({ key, value }) => [key, String(value)]));
}

describe('deviceRows', () => {
  it('makes an image that is byte-equal to the golden one of the seed', () => {
    const golden = goldenValues();
    const file = new URL('../../test/fixtures/nvs/01-seed.bin.gz', import.meta.url);
    const values: DeviceValues = {
      ...VALUES,
      uuid: golden.get('global_uuid') ?? '',
      // The corpus has a longer key than espmint makes.
      psk: (golden.get('psk_secret') ?? '') as Psk,
      caUrl: golden.get('ca_service_url') ?? '',
      wifi: { ssid: golden.get('wifi_ssid') ?? '', password: golden.get('wifi_password') ?? '' },
    };
    const image = encodeNvs(deviceRows(values, layout()), 0x10000);
    expect(Buffer.from(image).equals(gunzipSync(readFileSync(file)))).toBe(true);
  });

  it('leaves Wi-Fi out where there is none, and writes an empty password for an open network', () => {
    expect(deviceRows(VALUES, layout()).map((row) => 'key' in row && row.key)).toEqual([
      'global_uuid',
      'psk_secret',
      'ca_service_url',
    ]);
    expect(deviceRows({ ...VALUES, wifi: { ssid: 'L' } }, layout()).at(-1)).toMatchObject({
      key: 'wifi_password',
      value: '',
    });
  });

  it("uses the profile's own names and adds its rows with their placeholders filled", () => {
    const yaml = `
nvs:
  namespace: dev
  keys: { uuid: id }
  rows:
    - { key: sn, type: string, value: "SN-{{macHex}}" }
    - { key: n, type: u16, value: 60 }
    - { namespace: other, key: raw, type: hex, value: "00ff" }
    - { key: b64, type: base64, value: "AAE=" }`;
    const rows = deviceRows(VALUES, layout(yaml));
    expect(rows[0]).toMatchObject({ namespace: 'dev', key: 'id' });
    expect(rows.slice(3)).toEqual([
      { namespace: 'dev', key: 'sn', type: 'string', value: 'SN-a4cf12345678' },
      { namespace: 'dev', key: 'n', type: 'u16', value: 60n },
      { namespace: 'other', key: 'raw', type: 'blob', value: Uint8Array.of(0, 255) },
      { namespace: 'dev', key: 'b64', type: 'blob', value: Uint8Array.of(0, 1) },
    ]);
  });

  it.each([
    ['hex', '"0g"'],
    ['hex', '"012"'],
    ['base64', '"*"'],
    ['u8', '"1.5"'],
  ])('refuses a %s row with the value %s', (type, value) => {
    const yaml = `nvs: { rows: [{ key: k, type: ${type}, value: ${value} }] }`;
    expect(() => deviceRows(VALUES, layout(yaml))).toThrow(/NVS row zc:k/);
  });
});

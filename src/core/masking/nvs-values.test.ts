// What of a board's NVS is shown: by every profile that is known, by names, by forms, and in doubt not.
import { describe, expect, it } from 'vitest';
import { isHiddenValue, keysOf } from './nvs-values.js';

const DEFAULT = {
  keys: {
    uuid: 'global_uuid',
    psk: 'psk_secret',
    caUrl: 'ca_service_url',
    ssid: 'wifi_ssid',
    password: 'wifi_password',
  },
  rows: [],
};
const OTHER = {
  keys: { uuid: 'u', psk: 'ident', caUrl: 'c', ssid: 'wn', password: 'serial' },
  rows: [{ key: 'greeting' }],
};
const known = keysOf([DEFAULT, OTHER]);
const hidden = (key: string, value: string | number | Uint8Array, by = known): boolean =>
  isHiddenValue({ namespace: 'zc', key, value }, by);

describe('a value of a board', () => {
  it.each([
    ['psk_secret', 'x'],
    ['wifi_password', ''],
    ['ident', 'a secret of another product'],
    ['serial', 'whose name says nothing'],
    ['api_token', 'abc'],
    ['u', '3fa9c07be5121d84f6027b9ae8c4d1f5'],
    ['model', 'P6nAe+USHYT2Anua6MTR9Q=='],
    ['broker_url', 'mqtt://user:pa55@host'],
    ['q1', 'hunter2hunter2'],
    ['q2', 'correct horse battery'],
    ['blob', new Uint8Array(16)],
  ])('is hidden: %s', (key, value) => expect(hidden(key, value)).toBe(true));

  it.each([
    ['global_uuid', '110e3dc9-fa05-568f-a05a-98d00891029d'],
    ['ca_service_url', 'https://ca.example.com:8443'],
    ['wifi_ssid', 'Lab 4'],
    ['u', '110e3dc9-fa05-568f-a05a-98d00891029d'],
    ['greeting', 'hello world'],
    ['fw_version', '1.4.2-beta'],
    ['q3', '192.168.4.1'],
    ['q4', 'true'],
    ['count', 7],
    ['nvs', new Uint8Array(6)],
  ])('is shown: %s', (key, value) => expect(hidden(key, value)).toBe(false));

  it('is hidden where nobody knows the product', () => {
    const nobody = keysOf([DEFAULT]);
    expect(hidden('ident', 'a secret of another product', nobody)).toBe(true);
    expect(hidden('w', 'lab-wifi-2024', nobody)).toBe(true);
  });
});

describe('while a profile cannot be read', () => {
  const doubtful = keysOf([DEFAULT, OTHER], true);
  it.each([
    ['greeting', 'hello'],
    ['ca_service_url', 'https://ca.example.com:8443'],
    ['mode', 'auto'],
    ['short', new Uint8Array(8)],
  ])('any text and any bytes are hidden: %s', (key, value) =>
    expect(hidden(key, value, doubtful)).toBe(true),
  );
  it('numbers are shown', () => expect(hidden('boots', 12, doubtful)).toBe(false));
});

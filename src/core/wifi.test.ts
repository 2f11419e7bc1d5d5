import { describe, expect, it } from 'vitest';
import { checkWifi } from './wifi.js';

const invalid = (field: 'SSID' | 'password', words: string): unknown =>
  expect.objectContaining({
    code: 'WIFI_INVALID',
    details: expect.objectContaining({ field }) as unknown,
    message: expect.stringContaining(words) as unknown,
  });

describe('checkWifi', () => {
  it.each([
    ['one byte', 'L'],
    ['31 bytes', 'x'.repeat(31)],
    ['31 bytes of UTF-8 in fewer characters', `${'é'.repeat(15)}x`],
  ])('takes an SSID of %s', (_, ssid) => {
    expect(() => checkWifi({ ssid })).not.toThrow();
  });

  it.each([
    ['that is empty', '', 'is empty'],
    ['of 32 bytes, which char[32] has no room for with its NUL', 'x'.repeat(32), 'has 32 bytes'],
    ['of 16 characters in 32 bytes', 'é'.repeat(16), 'has 32 bytes'],
    ['with a NUL', 'a\0b', 'NUL'],
  ])('refuses an SSID %s', (_, ssid, words) => {
    expect(() => checkWifi({ ssid })).toThrow(invalid('SSID', words));
  });

  it.each([
    ['no password', undefined],
    ['an empty one, for an open network', ''],
    ['8 characters', '12345678'],
    ['63 characters', 'x'.repeat(63)],
  ])('takes %s', (_, password) => {
    expect(() => checkWifi(password === undefined ? { ssid: 'L' } : { ssid: 'L', password })).not.toThrow();
  });

  it.each([
    ['7 characters', '1234567', 'has 7 bytes'],
    ['64 hex digits, which char[64] has no room for', 'a'.repeat(64), 'has 64 bytes'],
    ['characters outside ASCII', 'pässwört', 'outside printable ASCII'],
    ['a control character', 'pass\tword', 'outside printable ASCII'],
  ])('refuses a password of %s and does not repeat it', (_, password, words) => {
    expect(() => checkWifi({ ssid: 'L', password })).toThrow(invalid('password', words));
    expect(() => checkWifi({ ssid: 'L', password })).not.toThrow(password);
  });

  it('takes the full length of the standard where the firmware is ready for it', () => {
    expect(() => checkWifi({ ssid: 'x'.repeat(32), password: 'a'.repeat(64) }, 'standard')).not.toThrow();
    expect(() => checkWifi({ ssid: 'x', password: 'z'.repeat(64) }, 'standard')).toThrow(
      invalid('password', 'not all hex'),
    );
  });
});

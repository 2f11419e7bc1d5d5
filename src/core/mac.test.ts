// MACs: every usual spelling becomes one form, and what can belong to no device is refused.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEspmintError } from './errors/index.js';
import { macBytes, macDigits, macFromBytes, parseMac } from './mac.js';

const reasonOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (isEspmintError(error, 'MAC_INVALID')) return error.details.reason;
    throw error;
  }
  return 'accepted';
};

describe('parseMac', () => {
  it.each([
    'a4:cf:12:34:56:78',
    'A4-CF-12-34-56-78',
    'a4cf12345678',
    'a4cf.1234.5678',
    ' A4 CF 12 34 56 78\n',
  ])('reads %j', (text) => {
    expect(parseMac(text)).toBe('a4:cf:12:34:56:78');
  });

  it.each([
    ['', 'not 6 bytes'],
    ['a4:cf:12:34:56', 'not 6 bytes'],
    ['a4:cf:12:34:56:7g', 'not 6 bytes'],
    ['a4:cf-12:34-56:78', 'not 6 bytes'],
    ['a4:cf:1:234:56:78', 'not 6 bytes'],
    ['60:55:f9:ff:fe:f7:2c:a2', 'EUI-64'],
    ['00:00:00:00:00:00', 'all zero'],
    ['ff:ff:ff:ff:ff:ff', 'broadcast'],
    ['01:00:5e:00:00:01', 'multicast'],
  ])('refuses %j: %s', (text, reason) => {
    expect(reasonOf(() => parseMac(text))).toContain(reason);
  });

  it('comes back from its bytes and its digits', () => {
    const sixBytes = fc.uint8Array({ minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(sixBytes, (bytes) => {
        bytes[0] = (bytes[0] ?? 0) & 0xfe;
        fc.pre(bytes.some((byte) => byte !== 0));
        const mac = macFromBytes(bytes);
        expect(macBytes(mac)).toEqual(bytes);
        expect(parseMac(macDigits(mac))).toBe(mac);
      }),
    );
  });

  it('refuses another number of bytes', () => {
    expect(reasonOf(() => macFromBytes(new Uint8Array(8).fill(2)))).toContain('8 bytes');
  });
});

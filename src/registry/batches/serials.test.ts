import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSerialTemplate, formatSerial } from './serials.js';

describe('serial numbers', () => {
  it('fill the zeros of the template and grow past them', () => {
    expect(formatSerial('ZC-{0000}', 7)).toBe('ZC-0007');
    expect(formatSerial('ZC-{0000}', 12_345)).toBe('ZC-12345');
    expect(formatSerial('{00}/A', 3)).toBe('03/A');
  });

  it('are different for different numbers, and take text of the template literally', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(formatSerial('$&-{000}', a) === formatSerial('$&-{000}', b)).toBe(a === b);
      }),
    );
    expect(formatSerial('$&$1-{0}', 1)).toBe('$&$1-1');
  });

  it.each(['ZC', 'ZC-{}', 'ZC-{00}-{00}', 'ZC-{01}', 'Z\u00e9-{00}', `${'x'.repeat(40)}{0}`])(
    'refuse the template %s',
    (text) => {
      expect(() => checkSerialTemplate(text)).toThrow(/serial number template/);
    },
  );
});

import { expect, it } from 'vitest';
import { usableHardwareId } from './hardware-id.js';

it('takes a burnt id in either case, and gives it in lower case', () => {
  expect(usableHardwareId('00112233445566778899AABBCCDDEEFF')).toBe('00112233445566778899aabbccddeeff');
});

it.each([undefined, '0'.repeat(32), 'f'.repeat(32), 'F'.repeat(32), '', '1234', 'x'.repeat(32)])(
  'takes %s as no id at all',
  (text) => {
    expect(usableHardwareId(text)).toBeUndefined();
  },
);

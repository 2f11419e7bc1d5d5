import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openText, sealText, keyIdOf } from './envelope.js';

const key = { id: 'k1', bytes: new Uint8Array(32).fill(7) };
const other = { id: 'k1', bytes: new Uint8Array(32).fill(8) };

it('opens what it sealed, for the same owner and with the same key only', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (plain, context) => {
      const envelope = sealText(key, plain, context);
      expect(openText(key, envelope, context)).toBe(plain);
      expect(openText(key, envelope, `${context}.`)).toBeUndefined();
      expect(openText(other, envelope, context)).toBeUndefined();
    }),
  );
});

it('seals the same text differently each time and shows nothing of it', () => {
  const plain = 'c0ffeec0ffeec0ffeec0ffeec0ffee00';
  const [one, two] = [sealText(key, plain, 'x'), sealText(key, plain, 'x')];
  expect(one).not.toBe(two);
  expect(one).not.toContain(plain);
  expect(one.length).toBeLessThanOrEqual(255);
});

it('does not open an envelope with any one character changed', () => {
  const envelope = sealText(key, 'secret', 'x');
  const start = envelope.lastIndexOf('.') + 1;
  for (let at = start; at < envelope.length - 1; at++) {
    const changed = envelope.slice(0, at) + (envelope[at] === 'A' ? 'B' : 'A') + envelope.slice(at + 1);
    expect(openText(key, changed, 'x')).toBeUndefined();
  }
});

it('takes a plain key for no envelope, and names the key of one', () => {
  expect(keyIdOf('00112233445566778899aabbccddeeff')).toBeUndefined();
  expect(keyIdOf(sealText(key, 'secret', 'x'))).toBe('k1');
  expect(openText(key, 'em1.k1.AAAA', 'x')).toBeUndefined();
});

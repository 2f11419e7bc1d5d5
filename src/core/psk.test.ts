import { describe, expect, it } from 'vitest';
import { EspmintError } from './errors/index.js';
import { generatePsk, parsePsk } from './psk.js';

describe('generatePsk', () => {
  it('gives 32 lower-case hex digits and never the same twice', () => {
    const keys = Array.from({ length: 1000 }, generatePsk);
    expect(keys.every((key) => /^[0-9a-f]{32}$/.test(key))).toBe(true);
    expect(new Set(keys).size).toBe(1000);
  });

  it('uses every bit: no digit position is constant', () => {
    const keys = Array.from({ length: 200 }, generatePsk);
    for (let digit = 0; digit < 32; digit++)
      expect(new Set(keys.map((key) => key[digit])).size).toBeGreaterThan(8);
  });
});

describe('parsePsk', () => {
  const good = '00112233445566778899aabbccddeeff';

  it('drops the newline of a file and nothing else', () => {
    expect(parsePsk(`${good}\r\n`)).toBe(good);
  });

  it.each([
    ['too short', good.slice(1), 'has 31 characters'],
    ['too long', `${good}0`, 'has 33 characters'],
    ['in upper case', good.toUpperCase(), 'upper-case'],
    ['not hex', good.replace('0', 'g'), 'not hex digits'],
  ])('refuses a key that is %s without repeating it', (_, key, reason) => {
    const thrown = (() => {
      try {
        return parsePsk(key);
      } catch (error) {
        return error as EspmintError;
      }
    })();
    expect(thrown).toBeInstanceOf(EspmintError);
    expect((thrown as EspmintError).message).toContain(reason);
    expect((thrown as EspmintError).message).not.toContain(key);
  });
});

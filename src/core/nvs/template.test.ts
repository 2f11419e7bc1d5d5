// The template and the encoder must never disagree.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameBytes } from './bytes.js';
import { type NvsRow, compileTemplate, encodeNvs } from './index.js';

const rows = (uuid: string, psk: string, count: number | bigint, blob = new Uint8Array(20)): NvsRow[] => [
  { namespace: 'zc', key: 'uuid', type: 'string', value: uuid },
  { namespace: 'zc', key: 'psk', type: 'string', value: psk },
  { namespace: 'free', type: 'namespace' },
  { namespace: 'app', key: 'count', type: 'u32', value: count },
  { namespace: 'app', key: 'blob', type: 'blob', value: blob },
];
const SIZE = 0x4000;

describe('compileTemplate', () => {
  it('fills in values and gives the bytes of the encoder', () => {
    const template = compileTemplate(rows('a', 'b', 1), SIZE);
    for (const values of [rows('c', 'd', 2), rows('longer text', '', 0xffff_ffff), rows('ü€', 'd', 7n)]) {
      expect(sameBytes(template.fill(values), encodeNvs(values, SIZE))).toBe(true);
    }
  });

  it('encodes afresh what does not fit its places, and goes on patching after that', () => {
    const template = compileTemplate(rows('a', 'b', 1), SIZE);
    for (const values of [
      rows('x'.repeat(100), 'b', 1),
      rows('y', 'b', 1),
      rows('z', 'b', 3, new Uint8Array(9000)),
      rows('z', 'c', 4),
    ]) {
      expect(sameBytes(template.fill(values), encodeNvs(values, SIZE))).toBe(true);
    }
    const other: NvsRow[] = [{ namespace: 'zc', key: 'other', type: 'u8', value: 1 }];
    expect(sameBytes(template.fill(other), encodeNvs(other, SIZE))).toBe(true);
  });

  it('refuses what the encoder refuses', () => {
    const template = compileTemplate(rows('a', 'b', 1), SIZE);
    expect(() => template.fill(rows('a', 'b', 2 ** 32))).toThrow(/range of u32/);
  });

  it('agrees with the encoder on any sequence of values, in both versions', () => {
    const values = fc.tuple(
      fc.string({ maxLength: 70 }),
      fc.string({ maxLength: 40, unit: 'grapheme' }),
      fc.nat(),
      fc.uint8Array({ maxLength: 40 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom<1 | 2>(1, 2),
        fc.array(values, { minLength: 2, maxLength: 6 }),
        (version, devices) => {
          const [first, ...rest] = devices.map(([uuid, psk, count, blob]) => rows(uuid, psk, count, blob));
          const template = compileTemplate(first!, SIZE, { version });
          for (const device of rest)
            expect(sameBytes(template.fill(device), encodeNvs(device, SIZE, { version }))).toBe(true);
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });
});

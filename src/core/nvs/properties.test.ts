// Laws that hold for all inputs, checked on many seeded ones: round trips, merges, and bytes from anywhere.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileImage, mixedSeeds } from '../../../test/support/nvs-hostile.js';
import { EspmintError } from '../errors/index.js';
import { sameBytes } from './bytes.js';
import { INTEGERS, type NvsIntegerType } from './layout.js';
import {
  type NvsRow,
  decodeNvs,
  decryptNvs,
  encodeNvs,
  encryptNvs,
  exportNvsCsv,
  generateNvs,
  inspectNvs,
  mergeNvs,
  verifyNvs,
} from './index.js';

const name = fc.string({ unit: fc.constantFrom(...'abcxyz_019'), minLength: 1, maxLength: 15 });
const integer = fc.constantFrom(...(Object.keys(INTEGERS) as NvsIntegerType[])).chain((type) => {
  const { bytes, min, max } = INTEGERS[type];
  return fc.bigInt({ min, max }).map((value) => ({ type, value: bytes === 8 ? value : Number(value) }));
});
/** No lone surrogates: they cannot be told from U+FFFD once they are UTF-8. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 300 })
  .map((value) => ({ type: 'string' as const, value }));
const blob = fc.uint8Array({ maxLength: 5000 }).map((value) => ({ type: 'blob' as const, value }));
const row = fc
  .tuple(name, name, fc.oneof(integer, text, blob))
  .map(([namespace, key, value]): NvsRow => ({ namespace, key, ...value }));
const rows = fc.uniqueArray(row, {
  selector: (one) => `${one.namespace}:${'key' in one ? one.key : ''}`,
  maxLength: 12,
});
const SIZE = 0x18000;
const runs = (numRuns: number): { numRuns: number; seed: number } => ({ numRuns, seed: 20_240_101 });

const strip = (values: readonly NvsRow[]): unknown[] =>
  values.flatMap((one) =>
    one.type === 'namespace'
      ? []
      : [{ namespace: one.namespace, key: one.key, type: one.type, value: one.value }],
  );

describe('for any rows', () => {
  it('decode gives back what encode was given, and verify finds no fault', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const image = encodeNvs(given, SIZE);
        expect(strip(decodeNvs(image).values)).toEqual(strip(given));
        expect(verifyNvs(image).findings).toEqual([]);
      }),
      runs(80),
    );
  });

  it('merge keeps untouched values and applies the rest', () => {
    fc.assert(
      fc.property(rows, rows, (base, changes) => {
        const merged = new Map(
          strip(decodeNvs(mergeNvs(encodeNvs(base, SIZE), changes).image).values).map((one) => [
            nameOf(one),
            one,
          ]),
        );
        const expected = new Map([...strip(base), ...strip(changes)].map((one) => [nameOf(one), one]));
        expect(merged).toEqual(expected);
      }),
      runs(50),
    );
  });

  it('decryption undoes encryption', () => {
    const key = fc.uint8Array({ minLength: 64, maxLength: 64 }).filter((bytes) => bytes[0] !== bytes[32]);
    fc.assert(
      fc.property(rows, key, (given, bytes) => {
        const image = encodeNvs(given, SIZE);
        if (given.length > 0)
          expect(sameBytes(decryptNvs(encryptNvs(image, bytes), bytes), image)).toBe(true);
      }),
      runs(20),
    );
  });
});

function nameOf(one: unknown): string {
  const { namespace, key } = one as { namespace: string; key: string };
  return `${namespace}:${key}`;
}

describe('for any bytes', () => {
  // `npm run bench -- nvs` runs 200,000 of these.
  it('decode, verify, inspect, export and merge return or throw a typed error', () => {
    for (let seed = 0; seed < 500; seed++) {
      const image = hostileImage(seed);
      decodeNvs(image);
      verifyNvs(image);
      inspectNvs(image);
      exportNvsCsv(image);
      try {
        mergeNvs(image, [{ namespace: 'n', key: 'k', type: 'u8', value: 1 }], { allowLoss: true });
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(EspmintError);
      }
    }
  });

  it('a CSV of any bytes makes an image or a typed error', () => {
    for (const seed of mixedSeeds(400)) {
      const bytes = seed.slice(0, 2000);
      try {
        generateNvs([{ file: 'any.csv', bytes }], 0x3000);
      } catch (error) {
        expect(error).toBeInstanceOf(EspmintError);
      }
    }
  });

  it('takes time in proportion to the size, also when all entries are pieces of one blob', () => {
    const image = encodeNvs([{ namespace: 'n', key: 'k', type: 'blob', value: new Uint8Array(0) }], 0x3000);
    const crowded = new Uint8Array(0x100000).fill(0xff);
    for (let page = 0; page < 255; page++) {
      crowded.set(image.subarray(0, 64), page * 0x1000);
      crowded.fill(0xaa, page * 0x1000 + 32, page * 0x1000 + 63);
      for (let slot = 0; slot < 124; slot += 2)
        crowded.set(image.subarray(96, 160), page * 0x1000 + 64 + 32 * slot);
    }
    const started = performance.now();
    verifyNvs(crowded);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

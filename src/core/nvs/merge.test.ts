// Merging: what was not named stays as it is, and nothing is lost without being asked for.
import { describe, expect, it } from 'vitest';
import { goldenImage } from '../../../test/support/nvs-corpus.js';
import { type NvsImage, type NvsRow, decodeNvs, encodeNvs, mergeNvs, verifyNvs } from './index.js';

const base: NvsRow[] = [
  { namespace: 'phy', key: 'cal_data', type: 'blob', value: new Uint8Array(5000).fill(3) },
  { namespace: 'app', key: 'count', type: 'u32', value: 41 },
  { namespace: 'app', key: 'name', type: 'string', value: 'old' },
  { namespace: 'empty', type: 'namespace' },
];
const contents = (image: NvsImage): unknown[] =>
  image.values.map(({ namespace, key, type, value }) => [namespace, key, type, value]);

describe('mergeNvs', () => {
  it('changes, adds and removes what is named and keeps all else byte for byte', () => {
    const changes: NvsRow[] = [
      { namespace: 'app', key: 'name', type: 'string', value: 'new' },
      { namespace: 'zc', key: 'uuid', type: 'string', value: 'u' },
    ];
    const result = mergeNvs(encodeNvs(base, 0x6000), changes, {
      remove: [{ namespace: 'app', key: 'count' }],
    });
    expect(result).toMatchObject({
      kept: [{ namespace: 'phy', key: 'cal_data' }],
      changed: [{ namespace: 'app', key: 'name' }],
      added: [{ namespace: 'zc', key: 'uuid' }],
      removed: [{ namespace: 'app', key: 'count' }],
      lost: [],
    });
    const image = decodeNvs(result.image);
    expect(contents(image)).toEqual([
      ['phy', 'cal_data', 'blob', new Uint8Array(5000).fill(3)],
      ['app', 'name', 'string', 'new'],
      ['zc', 'uuid', 'string', 'u'],
    ]);
    expect(image.namespaces.map(({ name }) => name)).toEqual(['phy', 'app', 'zc', 'empty']);
    expect(verifyNvs(result.image).ok).toBe(true);
  });

  it('keeps a value that a change gives again', () => {
    const result = mergeNvs(encodeNvs(base, 0x6000), [
      { namespace: 'app', key: 'count', type: 'u32', value: 41n },
    ]);
    expect(result.changed).toEqual([]);
    expect(result.kept).toHaveLength(3);
  });

  it('replaces a key of another type instead of leaving two', () => {
    const result = mergeNvs(encodeNvs(base, 0x6000), [
      { namespace: 'app', key: 'count', type: 'string', value: 'x' },
    ]);
    expect(decodeNvs(result.image).values.filter(({ key }) => key === 'count')).toHaveLength(1);
  });

  it('fills a blank partition', () => {
    const result = mergeNvs(new Uint8Array(0x6000).fill(0xff), base);
    expect(result.image).toEqual(encodeNvs(base, 0x6000));
  });

  it('keeps the format version and a string without NUL', () => {
    const result = mergeNvs(goldenImage('25-v1.bin.gz'), [
      { namespace: 'n', key: 'k', type: 'u8', value: 1 },
    ]);
    expect(decodeNvs(result.image).version).toBe(1);
    const odd = decodeNvs(mergeNvs(goldenImage('32-letter-case.bin.gz'), []).image).values.find(
      ({ key }) => key === 'c',
    );
    expect(odd).toMatchObject({ type: 'string', data: new TextEncoder().encode('abcd') });
  });

  it('refuses to lose a value that cannot be read, unless it is replaced or the loss allowed', () => {
    const image = encodeNvs(base, 0x6000);
    const [blob] = decodeNvs(image).pages[0]!.entries.filter(
      ({ key, type }) => key === 'cal_data' && type === 0x42,
    );
    image[blob!.offsetBytes + 32]! ^= 1;
    expect(() => mergeNvs(image, [])).toThrow(/would be lost: phy:cal_data/);
    expect(mergeNvs(image, [], { allowLoss: true }).lost).toEqual(['phy:cal_data']);
    const replaced = mergeNvs(image, [{ namespace: 'phy', key: 'cal_data', type: 'u8', value: 1 }]);
    expect(replaced.lost).toEqual([]);
  });

  it('counts a corrupt page as a loss', () => {
    const image = encodeNvs(base, 0x6000);
    image[28]! ^= 1;
    expect(() => mergeNvs(image, [])).toThrow(/page 0/);
  });

  it('refuses an encrypted base and the removal of what is not there', () => {
    expect(() => mergeNvs(goldenImage('35-enc-seed.bin.gz'), [])).toThrow(/encrypted/);
    expect(() =>
      mergeNvs(encodeNvs(base, 0x6000), [], { remove: [{ namespace: 'app', key: 'nmae' }] }),
    ).toThrow(/app:nmae is not in the image/);
  });
});

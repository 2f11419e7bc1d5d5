import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { link, parsePlace } from './router.js';

describe('a place', () => {
  it('is read from behind the #', () => {
    expect(parsePlace('#/devices/a4%3Acf?text=a+b')).toEqual({
      path: ['devices', 'a4:cf'],
      query: { text: 'a b' },
    });
    expect(parsePlace('')).toEqual({ path: [], query: {} });
    expect(parsePlace('#/devices/%')).toEqual({ path: ['devices', '%'], query: {} });
  });

  it('leaves empty filters out of its link', () => {
    expect(link(['devices'], { text: '', status: undefined })).toBe('#/devices');
  });

  it('is the same after a round trip through its link', () => {
    const part = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(fc.array(part), fc.dictionary(part, part), (path, query) => {
        expect(parsePlace(link(path, query))).toEqual({ path, query: { ...query } });
      }),
    );
  });
});

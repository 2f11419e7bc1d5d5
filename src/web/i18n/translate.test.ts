import { describe, expect, it } from 'vitest';
import { STAGES } from '../../core/stages.js';
import { CATALOG } from '../../core/errors/index.js';
import { CAUSES } from '../pages/station/tile-model.js';
import { languageOf } from '../prefs.js';
import { en } from './en.js';
import { fill, localeOf, t, tn } from './translate.js';
import vi from './vi.json' with { type: 'json' };

const keys = Object.keys(en) as (keyof typeof en)[];
const placeholders = (text: string): string[] =>
  [...text.matchAll(/(?<!\{)\{(\w+)\}(?!\})/g)].map(([whole]) => whole).sort();

describe('the languages', () => {
  it('have the same keys', () => {
    expect(Object.keys(vi).sort()).toEqual([...keys].sort());
  });

  it('use the same placeholders in each sentence', () => {
    expect(keys.filter((key) => placeholders(en[key]).join() !== placeholders(vi[key]).join())).toEqual([]);
  });

  it('leave nothing empty, and shout nowhere', () => {
    for (const text of [...Object.values(en), ...Object.values(vi)]) {
      expect(text).not.toBe('');
      expect(text).not.toContain('!');
    }
  });

  it('name every stage, every cause, and only codes that there are', () => {
    for (const stage of STAGES) expect(en).toHaveProperty([`stage.doing.${stage}`]);
    for (const cause of CAUSES) expect(en).toHaveProperty([`cause.${cause}`]);
    const codes = keys.filter((key) => key.startsWith('do.')).map((key) => key.slice(3));
    expect(codes.filter((code) => !(code in CATALOG))).toEqual([]);
  });
});

describe('a sentence', () => {
  it('has its values filled in, and keeps double braces for profiles', () => {
    expect(t('tile.attempt', { n: 2, of: 3 })).toBe('Try 2 of 3');
    expect(fill('{{mac}} {a}', { a: 1, mac: 'x' })).toBe('{{mac}} 1');
  });

  it('is in the singular for one', () => {
    expect([tn('setup.changes', 1), tn('setup.changes', 3)]).toEqual(['1 change', '3 changes']);
  });
});

describe('the language of the page', () => {
  it.each([
    [undefined, ['de-DE', 'vi-VN', 'en'], 'vi'],
    [undefined, ['en-GB'], 'en'],
    [undefined, ['fr'], 'en'],
    ['en', ['vi'], 'en'],
  ] as const)('chosen %s with a browser of %s is %s', (chosen, wanted, expected) => {
    expect(languageOf(chosen, wanted)).toBe(expected);
  });

  it('writes numbers and times as the region of the browser does, if that region has a proper name', () => {
    expect(localeOf('en', ['vi', 'en-GB', 'en-US'])).toBe('en-GB');
    expect(localeOf('en', ['en-US@posix'])).toBe('en');
  });
});

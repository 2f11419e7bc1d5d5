import { describe, expect, it } from 'vitest';
import { CATALOG, type ErrorCode } from '../../core/errors/index.js';
import { languageOf } from '../prefs.js';
import { enBehind } from './en-behind.js';
import { en as first } from './en.js';
import { de } from './languages/de.js';
import { es } from './languages/es.js';
import { vi } from './languages/vi.js';
import { zh } from './languages/zh.js';
import { remedyOf, runSentenceOf, SENTENCE_OF } from './sentences.js';
import { addEnglish, fill, localeOf, t, tn } from './translate.js';

const en = { ...first, ...enBehind };
addEnglish(enBehind);
const keys = Object.keys(en) as (keyof typeof en)[];
const placeholders = (text: string): string[] =>
  [...text.matchAll(/(?<!\{)\{(\w+)\}(?!\})/g)].map(([whole]) => whole).sort();

describe.each(Object.entries({ en, vi, zh, de, es }))('the language %s', (_, messages) => {
  it('uses the same placeholders in each sentence', () => {
    expect(keys.filter((key) => placeholders(en[key]).join() !== placeholders(messages[key]).join())).toEqual(
      [],
    );
  });

  it('leaves nothing empty, and shouts nowhere', () => {
    for (const text of Object.values(messages)) {
      expect(text).not.toBe('');
      expect(text).not.toMatch(/[!!]/);
    }
  });

  it('says causes so shortly that a tile has room for them, and sends nobody to the command line', () => {
    const sentences = keys.filter((key) => /^(cause|do)\./.test(key)).map((key) => messages[key]);
    for (const text of sentences) {
      expect(text.length, text).toBeLessThanOrEqual(75);
      expect(text).not.toMatch(/espmint |--\w|sudo|pip /);
    }
  });
});

/** Lines of a text where so many letters stand in one. */
function linesOf(text: string, letters: number): number {
  let [lines, used] = [1, 0];
  for (const { length } of text.split(' ')) {
    const fits = used + length + 1 <= letters;
    [lines, used] = fits ? [lines, used + length + 1] : [lines + (used > 0 ? 1 : 0), length];
  }
  return lines;
}

describe.each(Object.entries({ en, vi, de, es }))('in the language %s', (_, messages) => {
  it('cause and remedy of a run have five lines of 21 letters at most: the room of a tile among 32', () => {
    const sentences = new Set((Object.keys(SENTENCE_OF) as ErrorCode[]).map(runSentenceOf));
    // Met in forms only.
    for (const name of [
      'newer',
      'signIn',
      'signInWrong',
      'throttled',
      'role',
      'adminNeeded',
      'site',
    ] as const)
      sentences.delete(name);
    for (const name of ['ca', 'push', 'pushRegistry', 'noVirtual', 'readers'] as const)
      sentences.delete(name);
    const long = [...sentences].filter(
      (name) => linesOf(messages[`cause.${name}`], 21) + linesOf(messages[`do.${remedyOf(name)}`], 21) > 5,
    );
    expect(long).toEqual([]);
  });
});

describe('the sentence of a code', () => {
  it('asks to retry only where another run can help', () => {
    const codes = Object.keys(SENTENCE_OF) as ErrorCode[];
    const asking = codes.filter((code) => /\bretry\b/i.test(en[`do.${remedyOf(SENTENCE_OF[code])}`]));
    expect(asking.length).toBeGreaterThan(10);
    expect(asking.filter((code) => !CATALOG[code].retryable)).toEqual([]);
  });

  it('does not call a refused board known, nor a worn cable a foreign layout', () => {
    const cause = (code: ErrorCode): string => en[`cause.${SENTENCE_OF[code]}`];
    expect(cause('DEVICE_DENIED')).toContain('deny list');
    expect(cause('DEVICE_NOT_ALLOWED')).toContain('allow list');
    expect(cause('DEVICE_REMOVED')).toContain('taken out');
    expect(cause('LINK_DAMAGED')).toBe('Cable or power.');
  });
});

describe('the sentence of a code that ended a run', () => {
  const codes = Object.keys(SENTENCE_OF) as ErrorCode[];
  const words = (code: ErrorCode): string => {
    const sentence = runSentenceOf(code);
    return `${en[`cause.${sentence}`]} ${en[`do.${remedyOf(sentence)}`]}`;
  };

  it('speaks of no form, no list and no value that is not known', () => {
    expect(codes.filter((code) => /entered|Load the|request|name is taken/.test(words(code)))).toEqual([]);
    expect(words('INPUT_INVALID')).toBe('This station is not set up right. Tell an engineer.');
  });

  it('names what a hand can do where Wi-Fi failed, and puts a board aside that must not leave', () => {
    expect(words('WPS_WINDOW_OVER')).toContain('press the WPS button');
    expect(words('SMARTCONFIG_NO_ACKNOWLEDGEMENT')).toBe(words('WIFI_JOIN_FAILED'));
    for (const code of ['BOARD_CHECK_FAILED', 'BOARD_NOT_AS_EXPECTED', 'FIRMWARE_NOT_FOR_BOARD'] as const)
      expect(words(code)).toContain('Put it aside');
  });
});

describe('Chinese', () => {
  it('has its own punctuation beside its letters', () => {
    const half = /\p{Script=Han}(\s?[,;?()]|:)|[,:;?()]\p{Script=Han}/u;
    expect(Object.values(zh).filter((text) => half.test(text))).toEqual([]);
  });
});

describe('a product', () => {
  it('is called so everywhere on the page', () => {
    const others = {
      en: /\bprofiles?\b/i,
      de: /\bprofil/i,
      es: /\bperfil/i,
      vi: /hồ sơ/i,
      zh: /配置文件|档案/,
    };
    for (const [language, messages] of Object.entries({ en, de, es, vi, zh }))
      expect(
        Object.values(messages).filter((text) => others[language as keyof typeof others].test(text)),
      ).toEqual([]);
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
    [undefined, ['fr-FR', 'vi-VN', 'en'], 'vi'],
    [undefined, ['de-AT'], 'de'],
    [undefined, ['zh-Hans-CN'], 'zh'],
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

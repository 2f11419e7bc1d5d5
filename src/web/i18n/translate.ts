// Says things in the language of the page. English is in the page; other languages are fetched when they are wanted.
import { languageOf, type Language, getPrefs } from '../prefs.js';
import type { ErrorCode } from '../../core/errors/index.js';
import type { EnglishBehind } from './en-behind.js';
import { en, type Messages } from './en.js';
import { remedyOf, runSentenceOf, SENTENCE_OF, type Sentence } from './sentences.js';

export type Key = keyof Messages;
/** Keys that come in a form for one and a form for many: `boards.one`, `boards.other`. */
export type CountKey = { [K in Key]: K extends `${infer Base}.other` ? Base : never }[Key];

let language: Language = 'en';
/** Grows with the pages behind the first one: until those are there, nothing asks for their words. */
let english = en as Messages;
let messages: Messages = english;

/** The English words of pages that came later. */
export function addEnglish(words: EnglishBehind): void {
  const isSpoken = messages === english;
  english = { ...english, ...words };
  if (isSpoken) messages = english;
}

/** A file for each, which costs nothing until it is wanted. */
const LOADERS: Record<Language, () => Promise<Messages>> = {
  en: () => Promise.resolve(english),
  vi: async () => (await import('./languages/vi.js')).vi,
  zh: async () => (await import('./languages/zh.js')).zh,
  de: async () => (await import('./languages/de.js')).de,
  es: async () => (await import('./languages/es.js')).es,
};

export const currentLanguage = (): Language => language;

/** How numbers and times are written: as in the browser's own region, where that speaks the language of the page. */
export const currentLocale = (): string => localeOf(language, navigator.languages);

/** The browser's first tag of that language; tags that are none (`en-US@posix`) are passed over. */
export function localeOf(spoken: Language, wanted: readonly string[]): string {
  const fits = (tag: string): boolean =>
    /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(tag) && tag.split('-')[0] === spoken;
  return wanted.find(fits) ?? spoken;
}

/** Fetches the wanted language; a language that does not come leaves the one before. */
export async function loadLanguage(): Promise<Language> {
  const wanted = languageOf(getPrefs().language, navigator.languages);
  if (wanted !== language) {
    try {
      messages = await LOADERS[wanted]();
      language = wanted;
    } catch {
      // Offline in the moment of the change: stay with what there is.
    }
  }
  document.documentElement.lang = language;
  return language;
}

export function t(key: Key, values: Readonly<Record<string, string | number>> = {}): string {
  return fill(messages[key], values);
}

/** The form for this number of things; the number itself stands as `{n}`. */
export function tn(key: CountKey, count: number, shown: string | number = count): string {
  const form = new Intl.PluralRules(language).select(count) === 'one' ? 'one' : 'other';
  return t(`${key}.${form}` as Key, { n: shown });
}

type Values = Readonly<Record<string, string | number>>;
interface Words {
  readonly sentence: Sentence;
  readonly cause: string;
  readonly next: string;
}

/** What an error code means to the person at the page, and what to do; of a code that is not known, nothing. */
export const wordsFor = (code: string, values: Values = {}): Words | undefined =>
  isKnown(code) ? say(SENTENCE_OF[code], values) : undefined;

/** The same of a code that ended a run, to the person with the board in hand. */
export const runWordsFor = (code: string): Words | undefined =>
  isKnown(code) ? say(runSentenceOf(code), {}) : undefined;

const isKnown = (code: string): code is ErrorCode => Object.hasOwn(SENTENCE_OF, code);

const say = (sentence: Sentence, values: Values): Words => ({
  sentence,
  cause: t(`cause.${sentence}`, values),
  next: t(`do.${remedyOf(sentence)}`, values),
});

/** What exactly is wrong, where the service has a code for it. */
export function whyText({
  why,
  maxBytes = '',
}: { [name in 'why' | 'maxBytes']?: string | number | undefined }): string {
  return why === undefined ? '' : fill(maybe(`why.${why}`) ?? '', { maxBytes });
}

/** A message that may not be there: words for codes, for example. */
export function maybe(key: string): string | undefined {
  return (messages as Readonly<Record<string, string>>)[key];
}

export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/(?<!\{)\{(\w+)\}(?!\})/g, (whole, name: string) => String(values[name] ?? whole));
}

// Says things in the language of the page. English is in the page; other languages are fetched when they are wanted.
import { languageOf, type Language, getPrefs } from '../prefs.js';
import { en, type Messages } from './en.js';
import vietnamese from './vi.json?url';

export type Key = keyof Messages;
/** Keys that come in a form for one and a form for many: `boards.one`, `boards.other`. */
export type CountKey = { [K in Key]: K extends `${infer Base}.other` ? Base : never }[Key];

/** The page waits for its language so long, and then speaks the one before. */
const PATIENCE_MS = 3000;

let language: Language = 'en';
let messages: Messages = en;

const LOADERS: Record<Language, () => Promise<Messages>> = {
  en: () => Promise.resolve(en),
  vi: () => fetched(vietnamese),
};

/** Languages are data, not code: a file that anyone can translate, and that costs nothing until it is wanted. */
async function fetched(url: string): Promise<Messages> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return (await answer.json()) as Messages;
}

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

/** A message that may not be there: words for codes, for example. */
export function maybe(key: string): string | undefined {
  return (messages as Readonly<Record<string, string>>)[key];
}

export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/(?<!\{)\{(\w+)\}(?!\})/g, (whole, name: string) => String(values[name] ?? whole));
}

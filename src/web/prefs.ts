// What a person set for this browser (language, theme, sound), and which language it has before anybody does. Kept in the browser; nothing else is.
import { useEffect, useState } from 'preact/hooks';

export const LANGUAGES = ['en', 'vi', 'zh', 'de', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Theme = 'system' | 'light' | 'dark';

export interface Prefs {
  /** Absent: the first of the browser's languages that there is. */
  readonly language?: Language;
  readonly theme: Theme;
  readonly sound: boolean;
  /** Columns of the device list that are hidden. */
  readonly hiddenColumns: readonly string[];
}

const KEY = 'espmint';
const DEFAULTS: Prefs = { theme: 'system', sound: true, hiddenColumns: [] };
const listeners = new Set<() => void>();
let prefs: Prefs = read();

export const getPrefs = (): Prefs => prefs;

export function setPrefs(change: Partial<Prefs>): void {
  prefs = { ...prefs, ...change };
  try {
    window.localStorage.setItem(KEY, JSON.stringify(prefs));
  } catch {
    // Storage may be switched off; the choice then lasts as long as the page.
  }
  for (const listener of [...listeners]) listener();
}

export function onPrefs(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePrefs(): Prefs {
  const [value, setValue] = useState(prefs);
  useEffect(() => onPrefs(() => setValue(prefs)), []);
  return value;
}

/** The language to speak: the chosen one, else the browser's first that there is, else English. */
export function languageOf(chosen: Language | undefined, wanted: readonly string[]): Language {
  if (chosen !== undefined) return chosen;
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language);
    if (found !== undefined) return found;
  }
  return 'en';
}

function read(): Prefs {
  try {
    const stored = JSON.parse(window.localStorage.getItem(KEY) ?? '{}') as Partial<Prefs>;
    return { ...DEFAULTS, ...stored };
  } catch {
    return DEFAULTS;
  }
}

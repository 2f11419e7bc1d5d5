// English: the language that every key is written in first. What the first page needs, then the words of the pages
// behind it, which come with those (first-words.test.ts holds the two apart).
import { causes } from './en/causes.js';
import { line } from './en/line.js';
import { operator } from './en/operator.js';
import type { EnglishBehind } from './en-behind.js';

export const en = { ...operator, ...line, ...causes };

/** Every language has all keys: the compiler refuses one that is missing. */
export type Messages = Readonly<Record<keyof typeof en | keyof EnglishBehind, string>>;

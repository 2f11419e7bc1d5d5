// English: the language that every key is written in first.
import { engineer } from './en/engineer.js';
import { fleet } from './en/fleet.js';
import { line } from './en/line.js';
import { operator } from './en/operator.js';

export const en = { ...operator, ...engineer, ...line, ...fleet };

/** Every language has all keys: a test refuses one that is missing. */
export type Messages = Readonly<Record<keyof typeof en, string>>;

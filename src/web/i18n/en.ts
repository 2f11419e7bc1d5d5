// English: the language that every key is written in first.
import { causes } from './en/causes.js';
import { engineer } from './en/engineer.js';
import { fleet } from './en/fleet.js';
import { line } from './en/line.js';
import { operator } from './en/operator.js';

export const en = { ...operator, ...engineer, ...line, ...fleet, ...causes };

/** Every language has all keys: the compiler refuses one that is missing. */
export type Messages = Readonly<Record<keyof typeof en, string>>;

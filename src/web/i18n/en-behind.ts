// English of the pages behind the station page.
import { engineer } from './en/engineer.js';
import { fleet } from './en/fleet.js';

export const enBehind = { ...engineer, ...fleet };
export type EnglishBehind = typeof enBehind;

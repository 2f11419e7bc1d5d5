// A profile as its author sent it, text or form, turned into YAML text with findings that name their place.
import { isMap, parseDocument, stringify } from 'yaml';
import { checkProfile } from '../../core/profile/parse.js';
import type { Profile } from '../../core/profile/schema.js';
import type { Finding, ProfileInput } from '../contract/index.js';

/** YAML text of either form of input. */
export function profileText(input: ProfileInput): string {
  if ('text' in input) return input.text;
  if (countValues(input.settings) > MOST_VALUES) return TOO_MANY;
  return stringify(input.settings);
}

/** Of a form: writing more as YAML, and reading it again, would cost more than a few milliseconds. */
const MOST_VALUES = 2_500;
/** A text that is refused for its length, with the words for that. */
const TOO_MANY = '\n'.repeat(MOST_VALUES * 2);

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + countValues(inner), 1);
}

/** The profile, or everything that is wrong with it. */
export function checkInput(input: ProfileInput): { profile: Profile } | { findings: Finding[] } {
  return checkProfile(profileText(input));
}

/** The text with another version number; comments and order stay. */
export function withVersion(text: string, version: number): string {
  const document = parseDocument(text);
  if (isMap(document.contents)) document.set('version', version);
  return document.toString();
}

/** With defaults filled in, as JSON can carry it: whole numbers that JSON readers would round become text. */
export function jsonProfile(profile: Profile): Profile {
  const rows = profile.nvs.rows.map((row) =>
    typeof row.value === 'bigint' ? { ...row, value: row.value.toString() } : row,
  );
  return { ...profile, nvs: { ...profile.nvs, rows } };
}

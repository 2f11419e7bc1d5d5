// A profile as its author sent it, text or form, turned into YAML text with findings that name their place.
import { isMap, parseDocument, stringify } from 'yaml';
import { checkProfile } from '../../core/profile/parse.js';
import type { Profile } from '../../core/profile/schema.js';
import type { Finding, ProfileInput } from '../contract/index.js';

/** YAML text of either form of input. */
export function profileText(input: ProfileInput): string {
  return 'text' in input ? input.text : stringify(input.settings);
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

// A profile as its author sent it, text or form, turned into YAML text with findings that name their place.
import type { Profile } from '../../core/profile/schema.js';
import type { Finding, ProfileInput } from '../contract/index.js';
import { collectInTurns, nextTurn } from '../turns.js';

/** YAML text of either form of input. Writing a form as text takes as long as reading the text. */
export async function profileText(input: ProfileInput): Promise<string> {
  if ('text' in input) return input.text;
  if (countValues(input.settings) > MOST_VALUES) return TOO_MANY;
  const { stringify } = await import('yaml');
  const pieces = function* (settings: Readonly<Record<string, unknown>>): Generator<string> {
    for (const [name, value] of Object.entries(settings)) yield stringify({ [name]: value });
  };
  return (await collectInTurns(pieces(input.settings))).join('');
}

/** Of a form: writing more as YAML, and reading it again, would cost more than a few milliseconds. */
const MOST_VALUES = 1_200;
/** A text that is refused for its length, with the words for that. */
const TOO_MANY = '\n'.repeat(MOST_VALUES * 2);

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + countValues(inner), 1);
}

export type CheckedInput = { profile: Profile } | { findings: Finding[]; read?: unknown };

/** The profile, or everything that is wrong with it. */
export async function checkInput(input: ProfileInput): Promise<CheckedInput> {
  const { checkProfileInTurns } = await import('../../core/profile/parse.js');
  return checkProfileInTurns(await profileText(input), nextTurn);
}

/** The text with another version number; comments and order stay. */
export async function withVersion(text: string, version: number): Promise<string> {
  const { isMap, parseDocument } = await import('yaml');
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

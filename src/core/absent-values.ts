// What must not be on a board that leaves the line: NVS values by their names or content, also copies that a later value overruled.
import { bytesToHex } from '@noble/hashes/utils.js';
import { parseLinePattern } from './line-pattern.js';
import type { NvsImage, NvsValue } from './nvs/index.js';
import type { Profile } from './profile/schema.js';

export type AbsentRule = NonNullable<Profile['ship']>['absent'][number];

/** A value that is there and must not be; never with its content. */
export interface ForbiddenValue {
  /** `namespace:key`. */
  readonly name: string;
  /** `overruled`: firmware no longer reads it, and a dump of the flash shows it. `unreadable`: damaged, so it may be it. */
  readonly state: 'present' | 'overruled' | 'unreadable';
}

type Name = Pick<NvsValue, 'namespace' | 'key'>;

/** @throws INPUT_INVALID where a pattern is none (a parsed profile has checked it) */
export function forbiddenValues(
  { values, stale, unreachable, unreadable }: NvsImage,
  rules: readonly AbsentRule[],
): readonly ForbiddenValue[] {
  const found = new Map<string, ForbiddenValue>();
  const note = ({ namespace, key }: Name, state: ForbiddenValue['state']): void => {
    const name = `${namespace}:${key}`;
    if (!found.has(name)) found.set(name, { name, state });
  };
  for (const rule of rules) {
    const pattern = rule.value === undefined ? undefined : parseLinePattern(rule.value);
    const isMeant = (one: NvsValue): boolean =>
      isNamed(rule, one) && (pattern === undefined || textsOf(one).some((text) => pattern.test(text)));
    for (const one of values.filter(isMeant)) note(one, 'present');
    for (const one of [...stale, ...unreachable].filter(isMeant)) note(one, 'overruled');
    // What cannot be read is never taken for something else.
    for (const one of unreadable.filter((entry) => isNamed(rule, entry))) note(one, 'unreadable');
  }
  return [...found.values()];
}

const isNamed = ({ namespace, key }: AbsentRule, one: Name): boolean =>
  (namespace === undefined || namespace === one.namespace) && (key === undefined || key === one.key);

/** A blob may hold texts between other bytes, as esp_wifi keeps names of networks: each counts, and so do its hex digits. */
function textsOf({ type, value }: NvsValue): readonly string[] {
  if (type !== 'blob') return [String(value)];
  const texts = new TextDecoder('utf-8', { ignoreBOM: true }).decode(value).split(/\p{Cc}+/u);
  return [bytesToHex(value), ...texts.filter((text) => text !== '')];
}

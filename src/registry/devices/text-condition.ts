// The conditions of a text search: patterns for the index idx_devices_text (PostgreSQL, "pg_trgm"), and ranges of names
// for indexes in order.
import type { NamePieces, TextSearch } from './text-search.js';

/** Takes a value and returns its place in the statement. */
export type Parameter = (value: unknown) => string;

/** Of one statement. */
export function parameters(): { readonly values: unknown[]; readonly parameter: Parameter } {
  const values: unknown[] = [];
  return { values, parameter: (value) => `$${values.push(value)}` };
}

/** Of a whole UUID and a whole MAC, which have indexes of their own. */
const [UUID_CHARS, MAC_DIGITS] = [36, 12];
/** The index idx_devices_mac_end holds so many digits of each MAC. */
const END_DIGITS = 6;
const MAC_END = `reverse(right(mac_key, ${END_DIGITS}))`;

/** Anywhere in UUID, MAC or location. @param table what `devices` is called in the statement */
export function textCondition(
  { uuid, mac, location, atStart }: TextSearch,
  table: string,
  parameter: Parameter,
): string {
  const place = plain(location);
  const like = (column: string, pattern: string): string => `${table}.${column} ilike ${parameter(pattern)}`;
  const parts = atStart
    ? [like('location', `${place}%`), like('location', `% ${place}%`)]
    : [like('location', `%${place}%`)];
  if (uuid !== undefined) {
    if (uuid.length === UUID_CHARS)
      parts.push(`${table}.global_uuid in (${parameter(uuid)}, upper(${parameter(uuid)}))`);
    else parts.push(atStart ? startsWith('global_uuid', uuid) : like('global_uuid', `%${uuid}%`));
  }
  if (mac !== undefined) {
    if (mac.length === MAC_DIGITS) parts.push(`${table}.mac_key = ${parameter(mac)}`);
    else parts.push(atStart ? startsWith('mac_key', mac) : like('mac_key', `%${mac}%`));
  }
  return `(${parts.join(' or ')})`;

  /** So many devices start so that going through the newest is quicker than any index: this form has none. */
  function startsWith(column: string, start: string): string {
    return `lower(left(${table}.${column}, ${start.length})) = ${parameter(start)}`;
  }
}

export function locationCondition({ location }: TextSearch, parameter: Parameter): string {
  return `location ilike ${parameter(`%${plain(location)}%`)}`;
}

/** One way to have a piece of a name, and the order in which an index holds it. */
export interface NameRange {
  readonly condition: string;
  readonly order: string;
}

/** Ways to have one of these pieces. The columns stand without a table's name. */
export function nameRanges({ mac, uuid }: NamePieces, parameter: Parameter): NameRange[] {
  const ranges: NameRange[] = [];
  if (mac !== undefined) {
    ranges.push({ condition: startsIn('mac_key', mac), order: 'mac_key' });
    if (mac.length < MAC_DIGITS) {
      const end = [...mac.slice(-END_DIGITS)].reverse().join('');
      const rest = mac.length > END_DIGITS ? ` and right(mac_key, ${mac.length}) = ${parameter(mac)}` : '';
      ranges.push({ condition: startsIn(MAC_END, end) + rest, order: MAC_END });
    }
  }
  if (uuid !== undefined) {
    // Other programs may write a UUID in capitals.
    for (const start of new Set([uuid, uuid.toUpperCase()])) {
      const inRange = startsIn('global_uuid', start);
      const exactly = `left(global_uuid, ${start.length}) = ${parameter(start)}`;
      ranges.push({ condition: `${inRange} and ${exactly}`, order: 'global_uuid' });
    }
  }
  return ranges;

  function startsIn(expression: string, start: string): string {
    const [from, to] = [parameter(start), parameter(behind(start))];
    return `${expression} >= ${from}::text and ${expression} < ${to}::text`;
  }
}

/** What comes behind all names that start so, in any collation: in each of them digits come before letters. */
function behind(start: string): string {
  const last = start.at(-1) ?? '';
  // A dash has no weight of its own in some collations.
  if (last === '-') return behind(start.slice(0, -1));
  const next = last === '9' ? (/[A-Z]/.test(start) ? 'A' : 'a') : String.fromCharCode(last.charCodeAt(0) + 1);
  return start.slice(0, -1) + next;
}

/** What LIKE reads as wildcards is meant as it stands. */
function plain(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}

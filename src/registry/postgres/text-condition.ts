// The condition of a text search, made of patterns that the index idx_devices_text serves (PostgreSQL, "pg_trgm").
import type { TextSearch } from '../text-search.js';

/** Of a whole UUID and a whole MAC, which have indexes of their own. */
const [UUID_CHARS, MAC_DIGITS] = [36, 12];

/**
 * @param table what `devices` is called in the statement
 * @param parameter takes a value and returns its place in the statement
 */
export function textCondition(
  { uuid, mac, location, atStart }: TextSearch,
  table: string,
  parameter: (value: string) => string,
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

/** What LIKE reads as wildcards is meant as it stands. */
function plain(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}

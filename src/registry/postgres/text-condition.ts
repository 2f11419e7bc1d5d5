// The condition of a text search, made of patterns that the index idx_devices_text serves (PostgreSQL, "pg_trgm").
import type { TextSearch } from '../text-search.js';

/**
 * @param table what `devices` is called in the statement
 * @param parameter takes a value and returns its place in the statement
 */
export function textCondition(
  { uuid, mac, location, atStart }: TextSearch,
  table: string,
  parameter: (value: string) => string,
): string {
  const before = atStart ? '' : '%';
  const matches = (column: string, pattern: string): string =>
    `${table}.${column} ilike ${parameter(pattern)}`;
  const parts = [matches('location', `${before}${plain(location)}%`)];
  if (atStart) parts.push(matches('location', `% ${plain(location)}%`));
  if (uuid !== undefined) parts.push(matches('global_uuid', `${before}${uuid}%`));
  // This column is in lower case.
  if (mac !== undefined) parts.push(`${table}.mac_key like ${parameter(`${before}${mac}%`)}`);
  return `(${parts.join(' or ')})`;
}

/** What LIKE reads as wildcards is meant as it stands. */
function plain(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}

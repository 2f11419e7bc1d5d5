// Rows as the records that callers get: the statement names the columns, and what a column holds says the rest.
import pg from 'pg';
import { isoOrNone } from '../devices/rows.js';

const { builtins, getTypeParser } = pg.types;
const timeOf = getTypeParser(builtins.TIMESTAMPTZ) as (text: string) => Date | number;
const OWN = new Map<number, (text: string) => unknown>([
  [builtins.INT8, Number],
  [builtins.TIMESTAMPTZ, (text) => isoOrNone(timeOf(text))],
]);
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
    OWN.get(oid) ?? getTypeParser(oid, format),
};

/**
 * A field for each column, `created_at` as `createdAt`: undefined for null, times as ISO 8601 in UTC, BIGINT as a number.
 * The caller answers for it that the columns of the statement are those of the record.
 */
export async function readRecords<T extends object>(
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  const { rows } = await client.query<Record<string, unknown>>({ text, values: [...values], types });
  return rows.map((row) => {
    const fields = Object.entries(row).map(([column, value]) => [fieldOf(column), value ?? undefined]);
    return Object.fromEntries(fields) as T;
  });
}

const fieldOf = (column: string): string =>
  column.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/** SQL text: a column of MACs as people read them. */
export const macText = (column: string): string => `regexp_replace(${column}, '(..)(?=.)', '\\1:', 'g')`;

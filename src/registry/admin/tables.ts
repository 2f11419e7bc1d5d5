// The rows of a whole registry, as a stream that another registry can take in, and a fingerprint to compare the two.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { knownTables } from '../store/migrate.js';

/** Some rows of one table, as JSON objects in PostgreSQL's own writing. */
export interface Rows {
  readonly table: string;
  readonly rows: readonly string[];
}

/** Of each table: how many rows, and a sum over all of them that no order changes. */
export type Fingerprint = Readonly<Record<string, string>>;

const BATCH_ROWS = 1000;
const DATA_KEYS = 'data_keys';

/** Runs `work` on one unmoving picture of the database, with times written in UTC. */
export async function inSnapshot<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query(
    `begin isolation level repeatable read; set local timezone = 'UTC'; set local statement_timeout = 0`,
  );
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** All rows, in batches. Runs inside `inSnapshot`. */
export async function* readTables(client: pg.ClientBase): AsyncGenerator<Rows> {
  for (const table of await knownTables()) {
    await client.query(
      `declare rows_of_${table} no scroll cursor for select row_to_json(t)::text as row from ${table} t`,
    );
    for (;;) {
      const { rows } = await client.query<{ row: string }>(`fetch ${BATCH_ROWS} from rows_of_${table}`);
      if (rows.length === 0) break;
      yield { table, rows: rows.map(({ row }) => row) };
    }
    await client.query(`close rows_of_${table}`);
  }
}

/**
 * Takes in a whole registry, or nothing. Runs inside `inSnapshot`.
 *
 * @throws REGISTRY_NOT_EMPTY
 */
export async function writeTables(
  client: pg.ClientBase,
  target: string,
  source: AsyncIterable<Rows> | Iterable<Rows>,
): Promise<void> {
  await requireEmpty(client, target);
  // The keys come with their own history: the trigger that would derive one from devices has nothing to do.
  await client.query('alter table devices disable trigger devices_record_key');
  const columns = new Map<string, string>();
  for await (const { table, rows } of source) {
    const names = columns.get(table) ?? (await insertableColumns(client, table));
    columns.set(table, names);
    await client.query(
      `insert into ${table} (${names}) overriding system value
       select ${names} from json_populate_recordset(null::${table}, $1::json)`,
      [`[${rows.join(',')}]`],
    );
  }
  await client.query('alter table devices enable trigger devices_record_key');
  await continueNumbering(client);
}

/** The next row of a table is numbered after those that came in. */
async function continueNumbering(client: pg.ClientBase): Promise<void> {
  for (const table of await knownTables()) {
    const { rows } = await client.query<{ column: string; sequence: string }>(
      `select attname as column, pg_get_serial_sequence($1, attname) as sequence from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped
         and pg_get_serial_sequence($1, attname) is not null`,
      [table],
    );
    for (const { column, sequence } of rows) {
      await client.query(`select setval($1::regclass, greatest((select max(${column}) from ${table}), 1))`, [
        sequence,
      ]);
    }
  }
}

/** A registry that was opened and never used has a data key that has sealed nothing. */
async function requireEmpty(client: pg.ClientBase, target: string): Promise<void> {
  const held: string[] = [];
  for (const table of await knownTables()) {
    if (table === DATA_KEYS) continue;
    const { rowCount } = await client.query(`select from ${table} limit 1`);
    if (rowCount !== 0) held.push(table);
  }
  if (held.length > 0) throw new EspmintError('REGISTRY_NOT_EMPTY', { target, tables: held.join(', ') });
  await client.query(`delete from ${DATA_KEYS}`);
}

async function insertableColumns(client: pg.ClientBase, table: string): Promise<string> {
  const { rows } = await client.query<{ names: string }>(
    `select string_agg(quote_ident(attname), ', ' order by attnum) as names from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [table],
  );
  return rows[0]?.names ?? '';
}

/**
 * Runs inside `inSnapshot`.
 *
 * @param columns of tables that are to be looked at only so far: an earlier version had no others
 */
export async function fingerprint(
  client: pg.ClientBase,
  columns: ReadonlyMap<string, readonly string[]> = new Map(),
): Promise<Fingerprint> {
  const found: Record<string, string> = {};
  for (const table of await knownTables()) {
    const names = await columnsOf(client, table, columns.get(table));
    const { rows } = await client.query<{ print: string }>(
      `select count(*) || ':' || coalesce(sum(hashtextextended(row_to_json(t)::text, 0)), 0) as print
       from (select ${names} from ${table}) t`,
    );
    found[table] = rows[0]?.print ?? '';
  }
  return found;
}

/** As they stand in the table. */
async function columnsOf(
  client: pg.ClientBase,
  table: string,
  only: readonly string[] | undefined,
): Promise<string> {
  const { rows } = await client.query<{ names: string | null }>(
    `select string_agg(quote_ident(attname), ', ' order by attnum) as names from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and ($2::text[] is null or attname = any($2))`,
    [table, only ?? null],
  );
  return rows[0]?.names ?? '';
}

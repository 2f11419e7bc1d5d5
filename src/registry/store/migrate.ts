// Brings a database to the schema that this espmint knows: plain SQL files, each run once, each with its checksum kept.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { BEGIN } from './database.js';
import { sha256Hex } from '../../core/digest.js';

const FOLDER = fileURLToPath(new URL('../migrations/', import.meta.url));

/** Any number will do as long as all espmint processes use the same. */
const LOCK_KEY = '7310868735422101';

/** As long as timers can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** PostgreSQL 13.0 as `server_version_num` counts. */
const OLDEST_VERSION = 130_000;

interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text with \n line ends, lower-case hex. */
  readonly checksum: string;
}

interface ServerFacts {
  readonly version: number;
  readonly name: string;
  readonly encoding: string;
  /** Whether any migration was ever run. */
  readonly there: boolean;
}

/** What stands between a database and the known schema. */
export interface SchemaState {
  readonly applied: readonly string[];
  readonly missing: readonly string[];
}

async function knownMigrations(folder = FOLDER): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{3}-[\w-]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = (await readFile(folder + name, 'utf8')).replaceAll('\r\n', '\n');
      return { name, sql, checksum: sha256Hex(sql) };
    }),
  );
}

/** Tables that migrations have made, in their order: a reference always points to one before it. */
export async function knownTables(): Promise<string[]> {
  const texts = (await knownMigrations()).map(({ sql }) => sql);
  return texts.flatMap((sql) =>
    [...sql.matchAll(/^create table (?:if not exists )?(\w+)/gim)].flatMap(([, name]) => name ?? []),
  );
}

/**
 * Runs what is missing, each migration in its own transaction. Any number of processes may do so at once: the lock is
 * taken first, since even CREATE TABLE IF NOT EXISTS fails when two run it together.
 *
 * @param folder where the files are, ending with a slash
 * @returns the names of the migrations that it ran
 * @throws REGISTRY_SCHEMA_NEWER, REGISTRY_SCHEMA_CHANGED, REGISTRY_SERVER_TOO_OLD, REGISTRY_ENCODING, or the
 *   database's own error
 */
export async function migrate(client: pg.ClientBase, target: string, folder = FOLDER): Promise<string[]> {
  const known = await knownMigrations(folder);
  const { missing } = await compare(client, known, target);
  const run: string[] = [];
  for (const migration of known) {
    if (missing.includes(migration.name) && (await apply(client, known, { migration, target })))
      run.push(migration.name);
  }
  return run;
}

/** What `migrate` would do. Changes nothing. */
export async function schemaState(client: pg.ClientBase, target: string): Promise<SchemaState> {
  return compare(client, await knownMigrations(), target);
}

async function compare(
  client: pg.ClientBase,
  known: readonly Migration[],
  target: string,
): Promise<SchemaState> {
  const { rows: facts } = await client.query<ServerFacts>(
    `select current_setting('server_version_num')::int as version, current_setting('server_version') as name,
            current_setting('server_encoding') as encoding, to_regclass('espmint_migrations') is not null as there`,
  );
  const [server] = facts;
  if (server !== undefined && server.version < OLDEST_VERSION) {
    throw new EspmintError('REGISTRY_SERVER_TOO_OLD', { target, version: server.name });
  }
  // A text that it cannot hold would stop a journal that holds it, and everything behind it.
  if (server !== undefined && server.encoding !== 'UTF8')
    throw new EspmintError('REGISTRY_ENCODING', { target, encoding: server.encoding });
  if (server?.there !== true) return { applied: [], missing: known.map(({ name }) => name) };
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from espmint_migrations order by name',
  );
  for (const { name, checksum } of rows) {
    const ours = known.find((migration) => migration.name === name);
    const newest = known.at(-1)?.name ?? '';
    if (name > newest)
      throw new EspmintError('REGISTRY_SCHEMA_NEWER', { target, found: name, known: newest });
    if (ours?.checksum !== checksum)
      throw new EspmintError('REGISTRY_SCHEMA_CHANGED', { target, migration: name });
  }
  const applied = rows.map(({ name }) => name);
  return { applied, missing: known.map(({ name }) => name).filter((name) => !applied.includes(name)) };
}

/** @returns whether it was still missing once it was this process's turn */
async function apply(
  client: pg.ClientBase,
  known: readonly Migration[],
  { migration, target }: { readonly migration: Migration; readonly target: string },
): Promise<boolean> {
  const { name, sql, checksum } = migration;
  // However long it takes to make an index of millions of devices, and whatever limit the role has.
  const patiently = (text: string, values: unknown[] = []): pg.QueryConfig & { query_timeout: number } => {
    return { text, values, query_timeout: LONGEST_MS };
  };
  await client.query(`${BEGIN}; set local statement_timeout = 0; set local lock_timeout = 0`);
  try {
    // A lock of the transaction: one of the session would be another client's behind a pooler.
    await client.query(patiently('select pg_advisory_xact_lock($1)', [LOCK_KEY]));
    await client.query(`create table if not exists espmint_migrations (
      name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())`);
    const isMissing = (await compare(client, known, target)).missing.includes(name);
    if (isMissing) {
      // Functions that run with their owner's rights keep this path: no schema of a caller can come before it.
      await client.query(
        `select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)`,
      );
      await client.query(patiently(sql));
      await client.query('insert into espmint_migrations (name, checksum) values ($1, $2)', [name, checksum]);
    }
    await client.query('commit');
    return isMissing;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

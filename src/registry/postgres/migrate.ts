// Brings a database to the schema that this espmint knows: plain SQL files, each run once, each with its checksum kept.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';

const FOLDER = fileURLToPath(new URL('../migrations/', import.meta.url));

/** Any number will do as long as all espmint processes use the same. */
const LOCK_KEY = '7310868735422101';

/** PostgreSQL 13.0 as `server_version_num` counts. */
const OLDEST_VERSION = 130_000;

interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text with \n line ends, lower-case hex. */
  readonly checksum: string;
}

/** What stands between a database and the known schema. */
export interface SchemaState {
  readonly applied: readonly string[];
  readonly missing: readonly string[];
}

async function knownMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{3}-[\w-]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = (await readFile(FOLDER + name, 'utf8')).replaceAll('\r\n', '\n');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
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
 * @returns the names of the migrations that it ran
 * @throws REGISTRY_SCHEMA_NEWER, REGISTRY_SCHEMA_CHANGED, REGISTRY_SERVER_TOO_OLD, or the database's own error
 */
export async function migrate(client: pg.ClientBase, target: string): Promise<string[]> {
  const known = await knownMigrations();
  if ((await compare(client, known, target)).missing.length === 0) return [];
  await client.query('select pg_advisory_lock($1)', [LOCK_KEY]);
  try {
    await client.query(`create table if not exists espmint_migrations (
      name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())`);
    const { missing } = await compare(client, known, target);
    for (const migration of known) {
      if (missing.includes(migration.name)) await apply(client, migration);
    }
    return [...missing];
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK_KEY]);
  }
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
  const { rows: facts } = await client.query<{ version: number; name: string; there: boolean }>(
    `select current_setting('server_version_num')::int as version, current_setting('server_version') as name,
            to_regclass('espmint_migrations') is not null as there`,
  );
  const [server] = facts;
  if (server !== undefined && server.version < OLDEST_VERSION) {
    throw new EspmintError('REGISTRY_SERVER_TOO_OLD', { target, version: server.name });
  }
  if (server?.there !== true) return { applied: [], missing: known.map(({ name }) => name) };
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from espmint_migrations order by name',
  );
  for (const { name, checksum } of rows) {
    const ours = known.find((migration) => migration.name === name);
    if (ours === undefined) {
      throw new EspmintError('REGISTRY_SCHEMA_NEWER', {
        target,
        found: name,
        known: known.at(-1)?.name ?? 'none',
      });
    }
    if (ours.checksum !== checksum)
      throw new EspmintError('REGISTRY_SCHEMA_CHANGED', { target, migration: name });
  }
  const applied = rows.map(({ name }) => name);
  return { applied, missing: known.map(({ name }) => name).filter((name) => !applied.includes(name)) };
}

async function apply(client: pg.ClientBase, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('begin');
  try {
    // Functions that run with their owner's rights keep this path: no schema of a caller can come before it.
    await client.query(
      `select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)`,
    );
    await client.query(sql);
    await client.query('insert into espmint_migrations (name, checksum) values ($1, $2)', [name, checksum]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

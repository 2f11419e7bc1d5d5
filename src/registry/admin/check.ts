// `db check`, `db status` and `db migrate`: whether everything is as it must be, and making the schema so.
import type pg from 'pg';
import { EspmintError, toEspmintError } from '../../core/errors/index.js';
import { countOpenConflicts } from '../conflicts/store.js';
import type { RegistryOptions } from '../store/connect.js';
import { RegistryCopy } from '../admission/registry-copy.js';
import { Journal } from '../spool/journal.js';
import { readSealIfAny } from '../store/data-keys.js';
import { knownTables, migrate, schemaState } from '../store/migrate.js';
import { takesWrites } from '../store/server.js';
import { masterKeySource } from '../store/secrets/master-key.js';
import { MasterKeys } from '../store/secrets/master-keys.js';
import { countPushes } from '../push/outbox.js';
import type { PushCounts } from '../push/push.js';
import { withDatabase } from './with-database.js';

/** PostgreSQL's roles that may read and write files of the server's host, or run programs on it. */
const HOST_RIGHTS = ['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'];

/** Something that is wrong, and what to do. */
interface Fault {
  readonly code: string;
  readonly message: string;
}

/** What a working connection tells. */
export interface DatabaseReport {
  readonly target: string;
  /** For example `18.4`. */
  readonly serverVersion: string;
  readonly encrypted: boolean;
  /** Who works there, and which rights to the host of the server it has: espmint, and a push to this server, need none. */
  readonly role: { readonly name: string; readonly hostRights: readonly string[] };
  readonly roundTripMs: number;
  readonly migrationsApplied: number;
  /** Names of migrations that `migrate` would run. */
  readonly migrationsMissing: readonly string[];
  /** How many devices there are of each status; empty while the schema is missing. */
  readonly devices: Readonly<Record<string, number>>;
  readonly databaseBytes: number;
  /** Attempts in this machine's journal that the registry has not heard of. */
  readonly pendingSync: number;
  /** Boards that were refused because they contradict the registry, and wait for somebody to decide. */
  readonly conflicts: number;
  /** How old this station's copy of the allow and deny lists is; ISO 8601. */
  readonly listsCopiedAt: string | undefined;
  /** Ids of the master keys that open it; empty while it has sealed nothing. */
  readonly masterIds: readonly string[];
  /** What is wrong with this computer's own data, or a server that takes no writes; each with a code of the error table. */
  readonly faults: readonly Fault[];
  /** What is still to be sent to the user's own tables and services; absent while the schema is older than that. */
  readonly pushes?: PushCounts | undefined;
}

/**
 * Connects and looks, changes nothing.
 *
 * @throws REGISTRY_UNREACHABLE, REGISTRY_TLS, REGISTRY_PASSWORD, REGISTRY_DATABASE_MISSING, REGISTRY_RIGHTS,
 *   REGISTRY_SCHEMA_NEWER, REGISTRY_SCHEMA_CHANGED, REGISTRY_SERVER_TOO_OLD, REGISTRY_ENCODING, ...: precisely what is wrong
 */
export async function checkDatabase(options: RegistryOptions): Promise<DatabaseReport> {
  return withDatabase(options, 'check', async (client, { target, dataDir }) => {
    const started = performance.now();
    await client.query('select 1');
    const roundTripMs = performance.now() - started;
    const { applied, missing } = await schemaState(client, target);
    await checkRights(client, target, missing.length > 0);
    const { masterIds } = await readSealIfAny(client);
    const copy = new RegistryCopy(dataDir, target);
    return {
      target,
      ...(await serverFacts(client)),
      roundTripMs,
      migrationsApplied: applied.length,
      migrationsMissing: missing,
      devices: applied.length === 0 ? {} : await countDevices(client),
      pendingSync: await countOwed(dataDir),
      conflicts: applied.length === 0 ? 0 : await countOpenConflicts(client),
      listsCopiedAt: await copy.at().catch(() => undefined),
      masterIds,
      faults: [
        ...(await findStandby(client, target)),
        ...(await findFaults(options, { dataDir, target, masterIds, copy })),
      ],
      pushes: missing.length === 0 ? await countPushes(client) : undefined,
    };
  });
}

/** A standby answers every question, and stations that were given it keep all their work to themselves. */
async function findStandby(client: pg.ClientBase, target: string): Promise<Fault[]> {
  if (await takesWrites(client)) return [];
  const reason = 'this server takes no writes: a standby, or a database that is set to read-only';
  const { code, message } = new EspmintError('REGISTRY_UNREACHABLE', { target, reason });
  return [{ code, message }];
}

/** Of this computer's keys and of its copy of the lists: what would stop it, now or while the registry is away. */
async function findFaults(
  { env = process.env }: RegistryOptions,
  at: {
    readonly dataDir: string;
    readonly target: string;
    readonly masterIds: readonly string[];
    readonly copy: RegistryCopy;
  },
): Promise<Fault[]> {
  const { dataDir, target, masterIds, copy } = at;
  const masters = await MasterKeys.load(masterKeySource(dataDir, env), dataDir).catch(toEspmintError);
  const looks: (() => Promise<unknown>)[] =
    masters instanceof MasterKeys
      ? [
          () => Promise.resolve().then(() => masters.require(`the registry at ${target}`, masterIds)),
          () => masters.requireLocal(),
          () => copy.find(),
        ]
      : [() => Promise.reject(masters), () => copy.find()];
  const found = await Promise.all(looks.map((look) => look().then(() => undefined, toEspmintError)));
  return found.flatMap((error) => (error === undefined ? [] : { code: error.code, message: error.message }));
}

/** Brings the schema up to date. @returns the names of the migrations that it ran */
export async function migrateDatabase(options: RegistryOptions): Promise<string[]> {
  return withDatabase(options, 'migrate', (client, { target }) => migrate(client, target));
}

async function serverFacts(
  client: pg.ClientBase,
): Promise<Pick<DatabaseReport, 'serverVersion' | 'encrypted' | 'databaseBytes' | 'role'>> {
  const { rows } = await client.query<{
    version: string;
    encrypted: boolean;
    bytes: string;
    name: string;
    rights: string[];
  }>(
    `select current_setting('server_version') as version, pg_database_size(current_database()) as bytes,
            coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as encrypted,
            rolname::text as name,
            case when rolsuper then array['superuser']
                 else array(select h.rolname::text from pg_roles h where h.rolname = any($1)
                            and pg_has_role(current_user, h.oid, 'MEMBER') order by 1) end as rights
     from pg_roles where rolname = current_user`,
    [HOST_RIGHTS],
  );
  const [row] = rows;
  return {
    serverVersion: row?.version.split(' ')[0] ?? 'unknown',
    encrypted: row?.encrypted ?? false,
    databaseBytes: Number(row?.bytes ?? 0),
    role: { name: row?.name ?? 'unknown', hostRights: row?.rights ?? [] },
  };
}

/** The rights that this espmint would miss at work, found before it is at work. */
async function checkRights(client: pg.ClientBase, target: string, mustCreate: boolean): Promise<void> {
  const { rows } = await client.query<{ schema: string | null; create: boolean | null }>(
    `select current_schema() as schema, has_schema_privilege(current_schema(), 'CREATE') as create`,
  );
  const [{ schema, create } = { schema: null, create: null }] = rows;
  const lacks = (reason: string) => new EspmintError('REGISTRY_RIGHTS', { target, reason });
  if (schema === null) throw lacks('no schema of its search path exists, or it may use none');
  if (mustCreate && create !== true) throw lacks(`it may create nothing in the schema ${schema}`);
  const { rows: tables } = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c
     where c.relnamespace = to_regnamespace(quote_ident(current_schema())) and c.relkind = 'r'
       and c.relname = any($1)
       and not (has_table_privilege(c.oid, 'SELECT') and has_table_privilege(c.oid, 'INSERT'))`,
    [await knownTables()],
  );
  const names = tables.map(({ name }) => name).join(', ');
  if (names !== '') throw lacks(`it may not read and write ${names}`);
}

async function countDevices(client: pg.ClientBase): Promise<Record<string, number>> {
  const { rows } = await client.query<{ status: string; count: string }>(
    `select coalesce(status, 'provisioned') as status, count(*) from devices group by 1 order by 1`,
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
}

async function countOwed(dataDir: string): Promise<number> {
  const journal = await Journal.open(dataDir);
  try {
    const owed = (await journal.attempts()).filter((attempt) => attempt.owed);
    return owed.length + (await journal.refusals()).length;
  } finally {
    await journal.close();
  }
}

// Who may do what in the embedded database: espmint, and whatever a push makes of its connection, works under a role that
// owns one database and has no other right. The superuser is let in by no rule: he is for `postgres --single` alone.
import { join } from 'node:path';
import { replaceOwnFile } from '../../files/index.js';
import { readAccountFile } from './account-files.js';
import { type Binaries, programPath } from './binaries.js';
import type { ServerHome } from './home.js';
import { type Ran, run } from './run.js';

/** The role that everybody connects as, and the database that it owns. */
export const ROLE = 'espmint';
export const DATABASE = 'espmint';
/** The superuser of a cluster. Clusters of earlier versions have one named as the role. */
export const SUPERUSER = 'espmint_superuser';

/** The socket's folder is the guard, so who gets through it is trusted: as that role, in that database. */
const ADMITTED = [
  '# Written by espmint. What is changed here is undone at the next start.',
  `local ${DATABASE} ${ROLE} trust`,
  'local all all reject',
  '',
].join('\n');
/** Every user of the computer reaches the port: the password decides. */
const ADMITTED_ON_LOOPBACK = [
  '# Written by espmint. What is changed here is undone at the next start.',
  `host ${DATABASE} ${ROLE} 127.0.0.1/32 scram-sha-256`,
  'host all all all reject',
  '',
].join('\n');
const admittedTo = (home: ServerHome): string => (home.isOnLoopback ? ADMITTED_ON_LOOPBACK : ADMITTED);

/** `initdb` gives this number to the superuser whom it makes; he is the one role that cannot lose the attribute. */
const BOOTSTRAP_OID = 10;
const HANDOVER = 'espmint_handover';
const TIMEOUT_MS = 60_000;

/** Nobody renames the role that he works as, so another superuser does it, who is gone afterwards. */
const MAKE_ROLE = `do $$ begin
  if (select rolname from pg_roles where oid = ${BOOTSTRAP_OID}) = '${ROLE}' then
    create role ${HANDOVER} superuser;
    set session authorization ${HANDOVER};
    alter role ${ROLE} rename to ${SUPERUSER};
    set session authorization ${SUPERUSER};
    drop role ${HANDOVER};
  end if;
  if not exists (select from pg_roles where rolname = '${ROLE}') then create role ${ROLE}; end if;
  alter role ${ROLE} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
end $$`;

const MAKE_DATABASE = `create database ${DATABASE} owner ${ROLE}`;

/**
 * Everything in the database that the superuser has made becomes the role's, one by one: "reassign owned" refuses his,
 * since what initdb made is his too. What belongs to an extension stays with it; a sequence follows its table.
 */
const HAND_OVER = `do $$ declare statement text; begin
  alter database ${DATABASE} owner to ${ROLE};
  for statement in
    with spaces as (
      select oid, nspowner from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
    ), extended as (select classid, objid from pg_depend where deptype = 'e')
    select format('alter schema %s owner to ${ROLE}', oid::regnamespace) from spaces
      where nspowner = ${BOOTSTRAP_OID} and oid <> 'public'::regnamespace
    union all
    select format('alter %s %s owner to ${ROLE}',
                  case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                               when 'f' then 'foreign table' else 'table' end, oid::regclass)
      from pg_class c where relowner = ${BOOTSTRAP_OID} and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        and relnamespace in (select oid from spaces)
        and ('pg_class'::regclass, oid) not in (select classid, objid from extended)
        and not (relkind = 'S' and exists (select from pg_depend where classid = 'pg_class'::regclass
          and objid = c.oid and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')))
    union all
    select format('alter routine %s owner to ${ROLE}', oid::regprocedure)
      from pg_proc where proowner = ${BOOTSTRAP_OID} and pronamespace in (select oid from spaces)
        and ('pg_proc'::regclass, oid) not in (select classid, objid from extended)
    union all
    select format('alter type %s owner to ${ROLE}', oid::regtype)
      from pg_type t where typowner = ${BOOTSTRAP_OID} and typnamespace in (select oid from spaces)
        and (typtype in ('d', 'e', 'r') or exists (select from pg_class where oid = t.typrelid and relkind = 'c'))
        and ('pg_type'::regclass, oid) not in (select classid, objid from extended)
  loop execute statement; end loop;
end $$`;

/** Says that another process has the data directory at this moment. */
const IS_HELD = /lock file "|pre-existing shared memory block/;

/** Whether a cluster has its role, so that its server may be started. */
export async function hasRoles(home: ServerHome): Promise<boolean> {
  return (await readAccountFile(join(home.cluster, 'pg_hba.conf'))) === admittedTo(home);
}

/** In a cluster that initdb has just made, under another name still: role, database, and who is let in. */
export async function makeRoles(
  home: ServerHome,
  cluster: string,
  options: { readonly binaries: Binaries; readonly signal?: AbortSignal | undefined },
): Promise<Ran> {
  return single(home, cluster, {
    ...options,
    database: 'postgres',
    statements: statementsFor(home, cluster),
  });
}

/** @param password of the role, where it needs one: hex digits */
export function statementsFor(home: ServerHome, cluster: string, password?: string): string[] {
  const setPassword = password === undefined ? [] : [`alter role ${ROLE} password ${quote(password)}`];
  return [MAKE_ROLE, ...setPassword, MAKE_DATABASE, admit(home, cluster)];
}

/**
 * Brings a cluster of an earlier version to this. Each step may have been done before: whoever is killed at it leaves it
 * to the next start.
 *
 * @returns what went wrong, in the words of the program; `held` while another process has the data directory
 */
export async function renewRoles(
  home: ServerHome,
  options: { readonly binaries: Binaries; readonly signal?: AbortSignal | undefined },
): Promise<{ readonly kind: 'done' | 'held' } | { readonly kind: 'failed'; readonly output: string }> {
  const { cluster } = home;
  if (home.isOnLoopback) {
    // Nobody else's file, and the roles have been right from the start.
    await replaceOwnFile(join(cluster, 'pg_hba.conf'), admittedTo(home));
    return { kind: 'done' };
  }
  const inAll = await single(home, cluster, { ...options, database: 'postgres', statements: [MAKE_ROLE] });
  const steps = [inAll];
  if (inAll.exitCode === 0) {
    const handOver = [HAND_OVER, admit(home, cluster)];
    const inOurs = await single(home, cluster, { ...options, database: DATABASE, statements: handOver });
    steps.push(inOurs);
    // Its maker was killed before there was one.
    if (inOurs.output.includes(`database "${DATABASE}" does not exist`))
      steps.splice(1, 1, await makeRoles(home, cluster, options));
  }
  const failed = steps.find(({ exitCode }) => exitCode !== 0);
  if (failed === undefined) return { kind: 'done' };
  return IS_HELD.test(failed.output) ? { kind: 'held' } : { kind: 'failed', output: failed.output };
}

/** By the server's own hand: the file belongs to its account, and we may be the superuser of this computer. */
function admit(home: ServerHome, cluster: string): string {
  const lines = admittedTo(home).trimEnd().split('\n').map(quote).join(', ');
  return `copy (select unnest(array[${lines}])) to ${quote(join(cluster, 'pg_hba.conf'))}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** PostgreSQL without a server: one process, nobody else in the data directory, no rule for who is let in. */
async function single(
  home: ServerHome,
  cluster: string,
  options: {
    readonly binaries: Binaries;
    readonly signal?: AbortSignal | undefined;
    readonly database: string;
    readonly statements: readonly string[];
  },
): Promise<Ran> {
  const { binaries, signal, database, statements } = options;
  const settings = ['exit_on_error=on', 'standard_conforming_strings=on', 'log_min_error_statement=panic'];
  const args = settings.flatMap((setting) => ['-c', setting]);
  return run(
    programPath(binaries, 'postgres'),
    // -j: a statement ends with a semicolon and an empty line, not with its first line.
    ['--single', '-D', cluster, ...args, '-j', database],
    {
      account: home.account,
      cwd: home.path,
      timeoutMs: TIMEOUT_MS,
      signal,
      input: statements.map((statement) => `${statement};\n\n`).join(''),
    },
  );
}

// The embedded server and the machine it lives on: places, owners, leftovers of crashes.
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findBinaries, programPath } from '../../src/registry/embedded/binaries.js';
import { openHome } from '../../src/registry/embedded/home.js';
import { run } from '../../src/registry/embedded/run.js';
import { startServer, stopServer } from '../../src/registry/embedded/server-process.js';
import { backUp, importKeys, openRegistry, type Registry, restore } from '../../src/registry/index.js';
import { toolAvailable } from '../support/reference-tools.js';
import { asForeignProgram, queryAt } from './foreign-program.js';
import { otherPostgresBin } from './other-postgres.js';

const IS_ROOT = process.getuid?.() === 0;
const BOARD = {
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  caUrl: 'https://ca.example.com',
  policy: 'keep',
} as const;
let folder: string;
let open: Registry[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-embedded-'));
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((registry) => registry.close()));
  rmSync(folder, { recursive: true, force: true });
});

/** As tests are run, an initdb that copies: where the cluster itself is looked at, the one that users have. */
const SHIPPED = { ...process.env, ESPMINT_POSTGRES_BIN: undefined };

async function openIn(dataDir: string, env: NodeJS.ProcessEnv = process.env): Promise<Registry> {
  const registry = await openRegistry({ dataDir, env });
  open.push(registry);
  return registry;
}

const RIGHTS = `select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
  (select count(*)::int from pg_auth_members where member = r.oid) as memberships from pg_roles r where rolname = current_user`;
const NO_RIGHTS = {
  rolsuper: false,
  rolcreatedb: false,
  rolcreaterole: false,
  rolreplication: false,
  rolbypassrls: false,
  memberships: 0,
};

const pidFile = () => join(folder, 'postgres/cluster/postmaster.pid');
const serverPid = () => Number(readFileSync(pidFile(), 'utf8').split('\n')[0]);

it('keeps what it holds over a stop and a start', async () => {
  const first = await openIn(folder, SHIPPED);
  const { psk } = await first.reserve(BOARD);
  await first.close();
  expect(existsSync(pidFile())).toBe(false);
  expect((await (await openIn(folder)).reserve(BOARD)).psk).toBe(psk);
});

it('goes on after its server was killed in between', async () => {
  const registry = await openIn(folder);
  const { psk } = await registry.reserve(BOARD);
  process.kill(serverPid(), 'SIGKILL');
  expect((await registry.reserve(BOARD)).psk).toBe(psk);
});

it('takes a server that others stopped before it was entered for no failure of its start', async () => {
  await (await openIn(folder)).close();
  const home = await openHome(folder);
  const binaries = await findBinaries(home.account, home.spareDir);
  const starting = await startServer(home, binaries);
  await expect.poll(() => existsSync(pidFile()), { timeout: 20_000 }).toBe(true);
  expect(await starting.ended()).toBeUndefined();
  // Whoever is turned away while it goes down leaves a line in its log that looks like the reason.
  appendFileSync(home.logFile, 'FATAL:  the database system is shutting down\n');
  await expect
    .poll(() => stopServer(home).then(() => starting.ended()), { timeout: 20_000 })
    .toEqual({ kind: 'lost' });
});

it('starts over the lock of a server whose process id belongs to another program now', async () => {
  await (await openIn(folder)).close();
  const uid = statSync(join(folder, 'postgres')).uid;
  const bystander = spawn('sleep', ['60'], IS_ROOT ? { uid } : {});
  try {
    const lines = [
      bystander.pid,
      join(folder, 'postgres/cluster'),
      1,
      5432,
      join(folder, 'postgres/run'),
      '',
      '',
    ];
    writeFileSync(pidFile(), lines.join('\n'));
    await openIn(folder);
    expect(serverPid()).not.toBe(bystander.pid);
  } finally {
    bystander.kill();
  }
});

it('tidies a half-made cluster', async () => {
  const { pid: gone } = spawnSync('true');
  const { path, account } = await openHome(folder);
  const draft = join(path, `cluster.draft-${gone}-0badf00d`);
  mkdirSync(join(draft, 'base'), { recursive: true });
  // The server's account has made it.
  for (const made of [draft, join(draft, 'base')])
    if (account !== undefined) chownSync(made, account.uid, account.gid);
  utimesSync(draft, 0, 0);
  await openIn(folder);
  expect(readdirSync(join(folder, 'postgres')).sort()).toEqual(['cluster', 'run', 'server.log']);
});

it('says what to do where its programs are missing or do not work, and that helps', async () => {
  const home = await openHome(folder);
  const { bin } = await findBinaries(home.account, home.spareDir);
  const broken = join(folder, 'broken-bin');
  const dataDir = join(folder, 'data');
  const opening = (binDir: string): Promise<Registry> => openRegistry({ dataDir, binDir });
  await expect(opening(broken)).rejects.toThrow(/with --postgres-bin, or name a server with --database-url/);
  mkdirSync(broken);
  const write = (name: string, text: string): void =>
    writeFileSync(join(broken, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  write('postgres', 'echo "postgres (PostgreSQL) 18.1"');
  write('initdb', 'echo "initdb: error: cannot be run here" >&2; exit 1');
  chmodSync(folder, 0o755);
  await expect(opening(broken)).rejects.toThrow(
    /initdb: error: cannot be run here\); remove the cause that it names, then run it again/,
  );
  const registry = await opening(bin);
  open.push(registry);
  expect((await registry.reserve(BOARD)).known).toBe('new');
});

it('starts the server on data that are there with one process, and asks its programs only where that fails', async () => {
  const home = await openHome(folder);
  const { bin } = await findBinaries(home.account, home.spareDir);
  await (await openRegistry({ dataDir: folder, binDir: bin })).close();
  const logging = join(folder, 'logging-bin');
  const log = join(folder, 'calls');
  mkdirSync(logging);
  chmodSync(folder, 0o755);
  writeFileSync(log, '', { mode: 0o666 });
  chmodSync(log, 0o666);
  const write = (name: string, text: string): void =>
    writeFileSync(join(logging, name), `#!/bin/sh\necho "$1" >> '${log}'\n${text}\n`, { mode: 0o755 });
  const calls = (): string[] => readFileSync(log, 'utf8').trim().split('\n');
  write('initdb', 'exit 1');
  write('postgres', `exec '${join(bin, 'postgres')}' "$@"`);
  await (await openRegistry({ dataDir: folder, binDir: logging })).close();
  expect(calls()).toEqual(['-D']);
  for (const end of ['exit 0', 'echo "error while loading shared libraries" >&2; exit 127']) {
    writeFileSync(log, '');
    write('postgres', end);
    await expect(openRegistry({ dataDir: folder, binDir: logging })).rejects.toMatchObject({
      code: 'EMBEDDED_BINARIES_MISSING',
    });
    expect(calls()).toEqual(['-D', '-V']);
  }
});

it('says so when the data is of another major version', async () => {
  await (await openIn(folder)).close();
  writeFileSync(join(folder, 'postgres/cluster/PG_VERSION'), '12\n');
  await expect(openRegistry({ dataDir: folder })).rejects.toMatchObject({ code: 'EMBEDDED_OTHER_MAJOR' });
});

/** As versions made it whose role was the superuser: everybody on the socket was let in as anybody. */
async function startOldServer(): Promise<void> {
  const home = await openHome(folder);
  const binaries = await findBinaries(home.account, home.spareDir);
  const made = await run(
    programPath(binaries, 'initdb'),
    [`--pgdata=${home.cluster}`, '--username=espmint', '--auth=trust', '--encoding=UTF8', '--locale=C'],
    { account: home.account, cwd: home.path, timeoutMs: 60_000 },
  );
  expect(made).toMatchObject({ exitCode: 0 });
  await startServer(home, binaries);
  await expect
    .poll(() => queryAt(folder, 'create database espmint', [], 'postgres').catch(() => 'later'), {
      timeout: 20_000,
    })
    .toEqual([]);
}

it("takes a superuser's rights from the role of an earlier version, and keeps all that it has made", async () => {
  await startOldServer();
  const before = await openIn(folder);
  const { psk } = await before.reserve(BOARD);
  const owns = `create schema "plant's own"; create type grade as enum ('a'); create sequence numbers;
    create table "plant's own".marks (id serial primary key, grade grade); create domain mark as int;
    create view macs as select mac_address from devices; create materialized view uuids as select global_uuid from devices;
    create function twice(n int) returns int language sql security definer as 'select 2 * n'`;
  await asForeignProgram(folder, (client) => client.query(owns));
  expect(await queryAt(folder, RIGHTS)).toMatchObject([{ rolsuper: true }]);
  await before.close();
  const after = await openIn(folder);
  expect((await after.reserve(BOARD)).psk).toBe(psk);
  expect(await queryAt(folder, RIGHTS)).toEqual([NO_RIGHTS]);
  const others = `select oid::regclass::text as name from pg_class where relnamespace = 'public'::regnamespace
      and relkind in ('r', 'v', 'm', 'S') and relowner <> 'espmint'::regrole
    union all select oid::regproc::text from pg_proc where prosecdef and proowner <> 'espmint'::regrole`;
  expect(await queryAt(folder, others)).toEqual([]);
  const drops = `drop schema "plant's own" cascade; drop view macs; drop materialized view uuids; drop sequence numbers;
    drop function twice; drop domain mark; drop type grade`;
  await asForeignProgram(folder, (client) => client.query(drops));
  await asForeignProgram(folder, (client) => client.query(`update devices set psk_secret = repeat('a', 32)`));
  expect(await queryAt(folder, 'select count(*)::int as n from device_keys')).toEqual([{ n: 2 }]);
  await importKeys({ dataDir: join(folder, 'new') }, join(folder, 'master.key'));
  await backUp({ dataDir: folder }, join(folder, 'whole.backup'));
  await restore({ dataDir: join(folder, 'new') }, join(folder, 'whole.backup'));
  expect(await queryAt(folder, 'select 1', [], 'postgres').catch(String)).toContain('rejects connection');
  expect(await queryAt(folder, 'select 1', [], 'espmint', 'espmint_superuser').catch(String)).toContain(
    'rejects connection',
  );
});

it('finishes with a role that an earlier start was killed at', async () => {
  const home = await openHome(folder);
  await startOldServer();
  await stopServer(home);
  const binaries = await findBinaries(home.account, home.spareDir);
  const step = await run(
    programPath(binaries, 'postgres'),
    ['--single', '-D', home.cluster, '-j', 'postgres'],
    {
      account: home.account,
      cwd: home.path,
      timeoutMs: 60_000,
      input: `create role someone superuser;\n\nset session authorization someone;\n\nalter role espmint rename to espmint_superuser;\n\ndrop database espmint;\n\n`,
    },
  );
  expect(step).toMatchObject({ exitCode: 0 });
  const registry = await openIn(folder);
  expect((await registry.reserve(BOARD)).known).toBe('new');
  expect(await queryAt(folder, RIGHTS)).toEqual([NO_RIGHTS]);
});

const oldBin = otherPostgresBin();
it.runIf(toolAvailable('another PostgreSQL', oldBin))(
  'goes over to another major version as the advice says: backup by its programs, key, restore',
  async () => {
    const old = { dataDir: join(folder, 'old'), binDir: oldBin };
    const registry = await openRegistry(old);
    const { psk } = await registry.reserve(BOARD);
    await registry.close();
    await expect(openRegistry({ dataDir: old.dataDir })).rejects.toThrow('--postgres-bin DIR db backup FILE');
    const file = join(folder, 'old.backup');
    await backUp(old, file);
    const renewed = { dataDir: join(folder, 'new') };
    await importKeys(renewed, join(old.dataDir, 'master.key'));
    await restore(renewed, file);
    expect(await (await openIn(renewed.dataDir)).reveal(BOARD.mac, 'test')).toBe(psk);
  },
);

it('refuses at once a folder that was copied while its server ran, and both ways out work', async () => {
  // Beside it, as for everybody but the superuser.
  chmodSync(folder, 0o755);
  const original = join(folder, 'original');
  const copy = join(folder, 'copy');
  const registry = await openIn(original);
  const { psk } = await registry.reserve(BOARD);
  spawnSync('cp', ['-a', original, copy]);
  const refused = await openRegistry({ dataDir: copy }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'EMBEDDED_COPIED', details: { from: join(original, 'postgres') } });
  const log = readFileSync(join(copy, 'postgres/server.log'), 'utf8');
  expect(log).not.toContain('already exists');
  await backUp({ dataDir: original }, join(folder, 'whole.backup'));
  const restored = { dataDir: join(folder, 'restored') };
  await importKeys(restored, join(original, 'master.key'));
  await restore(restored, join(folder, 'whole.backup'));
  expect(await (await openIn(restored.dataDir)).reveal(BOARD.mac, 'test')).toBe(psk);
  rmSync(join(copy, 'postgres/cluster/postmaster.pid'));
  expect(await (await openIn(copy)).reveal(BOARD.mac, 'test')).toBe(psk);
  expect(await registry.reveal(BOARD.mac, 'test')).toBe(psk);
});

it('starts in a folder that was moved after a crash', async () => {
  chmodSync(folder, 0o755);
  const before = join(folder, 'before');
  const registry = await openIn(before);
  const { psk } = await registry.reserve(BOARD);
  const pid = Number(readFileSync(join(before, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 20_000 }).toBe(false);
  renameSync(before, join(folder, 'after'));
  expect(await (await openIn(join(folder, 'after'))).reveal(BOARD.mac, 'test')).toBe(psk);
});

it('is not started again and again where it cannot start', async () => {
  await (await openIn(folder)).close();
  // A server that is none, and that nobody may take for gone.
  const bystander = spawn('sleep', ['60'], {
    argv0: 'postgres',
    uid: statSync(join(folder, 'postgres')).uid,
  });
  try {
    const cluster = join(folder, 'postgres/cluster');
    writeFileSync(pidFile(), [bystander.pid, cluster, 1, 5432, '', '', ''].join('\n'));
    const signal = AbortSignal.timeout(4000);
    await expect(openRegistry({ dataDir: folder, signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    const log = readFileSync(join(folder, 'postgres/server.log'), 'utf8');
    const tries = log.match(/lock file "postmaster.pid" already exists/g) ?? [];
    expect(tries.length).toBeGreaterThan(0);
    expect(tries.length).toBeLessThan(10);
  } finally {
    bystander.kill();
    rmSync(pidFile(), { force: true });
  }
});

it.each(['"', ` a, "b",c it's $HOME \`id\` %d%% back\\slash #;=[]*? äöü 名前 `])(
  'works in a folder named %j',
  async (name) => {
    const registry = await openIn(join(folder, name), SHIPPED);
    expect((await registry.reserve(BOARD)).known).toBe('new');
  },
);

it('says so when the schema is newer than the program', async () => {
  const registry = await openIn(folder);
  await queryAt(folder, `insert into espmint_migrations values ('999-later.sql', '')`);
  await expect(openRegistry({ dataDir: folder })).rejects.toMatchObject({ code: 'REGISTRY_SCHEMA_NEWER' });
  await registry.close();
});

it('says so when the data directory is a file', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(openRegistry({ dataDir: file })).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
});

it('works in a path too long for a socket', async () => {
  const deep = join(folder, 'long-'.repeat(20), 'longer-'.repeat(20));
  const registry = await openIn(deep, SHIPPED);
  expect((await registry.reserve(BOARD)).known).toBe('new');
});

it.runIf(IS_ROOT)("works for root in a directory behind root's private home", async () => {
  const home = join(folder, 'home');
  mkdirSync(home, { mode: 0o700 });
  chmodSync(home, 0o700);
  const registry = await openIn(join(home, 'data'), SHIPPED);
  expect((await registry.reserve(BOARD)).known).toBe('new');
  expect(statSync(home).mode & 0o777).toBe(0o700);
  const place = readlinkSync(join(home, 'data/postgres'));
  const { psk } = await registry.reserve(BOARD);
  await registry.close();
  // A copy has the link, and would share the database; the two ways out that the refusal names work.
  const copy = join(home, 'copy');
  spawnSync('cp', ['-a', join(home, 'data'), copy]);
  const refused = await openRegistry({ dataDir: copy }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'EMBEDDED_SHARED', details: { from: join(home, 'data') } });
  await backUp({ dataDir: join(home, 'data') }, join(home, 'whole.backup'));
  rmSync(join(copy, 'postgres'));
  await restore({ dataDir: copy }, join(home, 'whole.backup'));
  expect(await (await openIn(copy)).reveal(BOARD.mac, 'test')).toBe(psk);
  const ownPlace = readlinkSync(join(copy, 'postgres'));
  expect(ownPlace).not.toBe(place);
  // A directory that was moved is no copy.
  renameSync(join(home, 'data'), join(home, 'moved'));
  expect(await (await openIn(join(home, 'moved'))).reveal(BOARD.mac, 'test')).toBe(psk);
  await Promise.all(open.splice(0).map((opened) => opened.close()));
  for (const made of [place, ownPlace]) {
    rmSync(made, { recursive: true, force: true });
    rmSync(`${made}.data-dir`, { force: true });
  }
});

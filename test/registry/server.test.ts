// A server of the user's own: what is said when it is wrong, TLS, copies between registries, a new master key.
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isEspmintError } from '../../src/core/errors/index.js';
import {
  backUp,
  checkDatabase,
  migrateDatabase,
  moveTo,
  openProduction,
  openRegistry,
  type RegistryOptions,
  restore,
  rotateMasterKey,
} from '../../src/registry/index.js';
import { migrate } from '../../src/registry/store/migrate.js';
import { runInProcess } from '../support/cli-in-process.js';
import { toolAvailable } from '../support/reference-tools.js';
import { makeAuthority } from '../support/test-authority.js';
import { queryAt } from './foreign-program.js';
import { otherPostgresBin } from './other-postgres.js';
import { makeTcpPostgres, serverAccount, type TcpPostgres } from './tcp-postgres.js';
import { imageOf } from '../support/proof.js';

const BOARD = {
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  hardwareId: '11'.repeat(16),
  caUrl: 'https://ca.example.com',
  policy: 'rotate',
} as const;
const binDir = otherPostgresBin();

describe.runIf(toolAvailable('a PostgreSQL server', binDir))("a registry on the user's server", () => {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-server-'));
  const dataDir = join(folder, 'station');
  const caFile = join(folder, 'server/tls/ca.pem');
  let server: TcpPostgres;
  beforeAll(async () => {
    chmodSync(folder, 0o755);
    server = await makeTcpPostgres(binDir, join(folder, 'server'), makeTls(join(folder, 'server/tls')));
    for (const name of ['main', 'empty', 'second', 'newer', 'ten', 'later'])
      await server.sql(`create database ${name}`);
    await server.sql(`create user guest password 'guest'`);
    // Until PostgreSQL 14 everybody may create there.
    await server.sql('revoke create on schema public from public', 'second');
  });
  afterAll(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (database: string, query = ''): RegistryOptions => ({
    dataDir,
    databaseUrl: server.url(database) + query,
    timeoutMs: 3000,
    whenDown: 'stop',
  });

  /** Fills a registry with a device that has a history. */
  async function fill(options: RegistryOptions): Promise<string> {
    const registry = await openRegistry(options);
    try {
      const first = await registry.reserve(BOARD);
      await registry.confirm(first.id, { image: imageOf('aa') });
      const second = await registry.reserve(BOARD);
      await registry.fail(second.id, { code: 'LINK_TIMEOUT' });
      const clone = registry.reserve({ ...BOARD, hardwareId: '22'.repeat(16) });
      await expect(clone).rejects.toMatchObject({ code: 'CLONE_SUSPECTED' });
      return first.psk;
    } finally {
      await registry.close();
    }
  }

  async function keyIn(options: RegistryOptions): Promise<string> {
    const registry = await openRegistry(options);
    try {
      return await registry.reveal(BOARD.mac, 'test');
    } finally {
      await registry.close();
    }
  }

  it('holds what is reserved, and reports on itself', async () => {
    const psk = await fill(at('main'));
    expect(await keyIn(at('main'))).toBe(psk);
    expect(await checkDatabase(at('main'))).toMatchObject({
      encrypted: false,
      role: { name: 'owner', hostRights: ['superuser'] },
      migrationsMissing: [],
      devices: { provisioned: 1 },
      pendingSync: 0,
      conflicts: 1,
    });
  });

  it('works for the role that owns its database, and for one that may only use the tables', async () => {
    const as = (role: string): RegistryOptions => ({
      ...at('owned'),
      databaseUrl: `postgresql://${role}:secret@127.0.0.1:${server.port}/owned`,
    });
    await server.sql(`create role line1 login password 'secret'; create role line2 login password 'secret'`);
    await server.sql('create database owned owner line1');
    const owned = async (sql: string): Promise<void> => {
      const client = new pg.Client({ connectionString: as('line1').databaseUrl });
      await client.connect();
      try {
        await client.query(sql);
      } finally {
        await client.end();
      }
    };
    await owned('create schema if not exists line1 authorization line1');
    const psk = await fill(as('line1'));
    expect((await checkDatabase(as('line1'))).role).toEqual({ name: 'line1', hostRights: [] });
    await owned(`grant usage on schema line1 to line2;
      grant select, insert, update, delete on all tables in schema line1 to line2;
      grant usage on all sequences in schema line1 to line2`);
    await server.sql('alter role line2 set search_path = line1');
    expect(await keyIn(as('line2'))).toBe(psk);
    const station = await openRegistry(as('line2'));
    try {
      const again = await station.reserve(BOARD);
      await station.confirm(again.id, { image: imageOf('bb') });
      expect((await station.find({ mac: BOARD.mac }))?.status).toBe('provisioned');
    } finally {
      await station.close();
    }
    await server.sql('grant pg_read_server_files to line2');
    expect((await checkDatabase(as('line2'))).role.hostRights).toEqual(['pg_read_server_files']);
    const { stdout } = await runInProcess([
      ...['--data-dir', dataDir, '--database-url', as('line2').databaseUrl ?? ''],
      ...['db', 'check'],
    ]);
    expect(stdout).toContain('WARNING       The role "line2" has rights to the host');
  });

  it('an empty database is reported with what migrate would run, and left as it is', async () => {
    const { migrationsMissing } = await checkDatabase(at('empty'));
    expect(migrationsMissing).toEqual(['001-schema.sql']);
    expect((await checkDatabase(at('empty'))).migrationsMissing).toEqual(migrationsMissing);
    expect(await migrateDatabase(at('empty'))).toEqual(migrationsMissing);
    expect(await migrateDatabase(at('empty'))).toEqual([]);
  });

  it('ten stations that migrate at once run each migration once', async () => {
    const ran = await Promise.all(Array.from({ length: 10 }, () => migrateDatabase(at('ten'))));
    expect(ran.flat()).toEqual(['001-schema.sql']);
  });

  it('what a later release adds is run once; a file that changed, or that is not known, is refused', async () => {
    const later = join(folder, 'migrations/');
    cpSync(join(import.meta.dirname, '../../src/registry/migrations'), later, { recursive: true });
    writeFileSync(
      join(later, '002-more.sql'),
      'create table more (id INTEGER); alter table more add b INTEGER;',
    );
    writeFileSync(join(later, '003-most.sql'), 'create table most (id INTEGER);');
    await migrateDatabase(at('later'));
    const client = new pg.Client({ connectionString: server.url('later') });
    await client.connect();
    try {
      expect(await migrate(client, 'later', later)).toEqual(['002-more.sql', '003-most.sql']);
      expect(await migrate(client, 'later', later)).toEqual([]);
      await expect(migrateDatabase(at('later'))).rejects.toMatchObject({ code: 'REGISTRY_SCHEMA_NEWER' });
      rmSync(join(later, '002-more.sql'));
      await expect(migrate(client, 'later', later)).rejects.toMatchObject({
        code: 'REGISTRY_SCHEMA_CHANGED',
        details: { migration: '002-more.sql' },
      });
    } finally {
      await client.end();
    }
  });

  it.each([
    ['nobody listens', 'REGISTRY_UNREACHABLE', () => 'postgresql://owner@127.0.0.1:1/main'],
    [
      'the host has no address',
      'REGISTRY_UNREACHABLE',
      () => 'postgresql://owner@no-such-host.invalid/main?sslmode=disable',
    ],
    [
      'the password is wrong',
      'REGISTRY_PASSWORD',
      () => `postgresql://owner:wrong@127.0.0.1:${server.port}/main`,
    ],
    [
      'the user is unknown',
      'REGISTRY_PASSWORD',
      () => `postgresql://stranger:x@127.0.0.1:${server.port}/main`,
    ],
    ['the database is missing', 'REGISTRY_DATABASE_MISSING', () => server.url('nowhere')],
    [
      'the user may create nothing',
      'REGISTRY_RIGHTS',
      () => `postgresql://guest:guest@127.0.0.1:${server.port}/second`,
    ],
    [
      'the certificate is of an unknown authority',
      'REGISTRY_TLS',
      () => `${server.url('main')}?sslmode=verify-full`,
    ],
    ['the URL is of another kind', 'INPUT_INVALID', () => 'mysql://owner:secret@127.0.0.1/main'],
    ['the TLS mode is unknown', 'INPUT_INVALID', () => `${server.url('main')}?sslmode=maybe`],
  ])('when %s it says %s, without the password', async (_case, code, url) => {
    const failure = await checkDatabase({ ...at('main'), databaseUrl: url() }).catch(
      (error: unknown) => error,
    );
    expect(isEspmintError(failure) && failure.code).toBe(code);
    expect(String(failure)).not.toMatch(/wrong|secret|a password|a%20password/);
  });

  it('says so when the certificate is for another host, and only encrypts where that is asked', async () => {
    const wrongHost = server.url('main').replace('127.0.0.1', 'localhost');
    await expect(
      checkDatabase({ ...at('main'), databaseUrl: `${wrongHost}?sslmode=verify-full&sslrootcert=${caFile}` }),
    ).rejects.toMatchObject({ code: 'REGISTRY_TLS' });
    const chainOnly = `${wrongHost}?sslmode=verify-ca&sslrootcert=${caFile}`;
    expect(await checkDatabase({ ...at('main'), databaseUrl: chainOnly })).toMatchObject({ encrypted: true });
  });

  it('proves the server by its certificate, and takes what the URL leaves out from the environment', async () => {
    const env = {
      PGPASSWORD: 'a password',
      PGUSER: 'owner',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: caFile,
    };
    const databaseUrl = `postgresql://127.0.0.1:${server.port}/main`;
    expect(await checkDatabase({ ...at('main'), databaseUrl, env })).toMatchObject({ encrypted: true });
  });

  /** All of the schema but the list of migrations, which each registry has by itself. */
  async function tablesOf(connectionString: string): Promise<string[]> {
    const client = new pg.Client({ connectionString });
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'espmint_migrations'`,
    );
    await client.end();
    return rows.map(({ name }) => name).sort();
  }

  it('restores nothing into a registry that has a batch and no device yet', async () => {
    const file = join(folder, 'beside.backup');
    await backUp(at('main'), file);
    const used: RegistryOptions = { dataDir: join(folder, 'used') };
    const production = await openProduction(used);
    await production.batches.create({ name: 'WO', profile: { name: 'p', version: 1 }, quantity: 1 }, 'test');
    await production.close();
    await expect(restore(used, file)).rejects.toMatchObject({
      code: 'REGISTRY_NOT_EMPTY',
      message: expect.stringContaining('(batches)') as string,
    });
  });

  it('copies a backup into another registry, keys and history and all', async () => {
    const file = join(folder, 'registry.backup');
    const psk = await fill(at('main'));
    const { rows } = await backUp(at('main'), file);
    expect(rows).toMatchObject({ devices: 1, device_keys: 3, conflicts: 1 });
    expect(Object.keys(rows).sort()).toEqual(await tablesOf(server.url('main')));
    expect(statSync(file).mode & 0o077).toBe(0);
    await expect(backUp(at('main'), file)).rejects.toThrow('it exists already');
    expect(gunzipSync(readFileSync(file)).includes(psk)).toBe(false);
    const restored: RegistryOptions = { dataDir: join(folder, 'restored') };
    mkdirSync(join(folder, 'restored'));
    copyFileSync(join(dataDir, 'master.key'), join(folder, 'restored/master.key'));
    expect((await restore(restored, file)).rows).toEqual(rows);
    expect(await keyIn(restored)).toBe(await keyIn(at('main')));
    await expect(restore(restored, file)).rejects.toMatchObject({ code: 'REGISTRY_NOT_EMPTY' });
    expect(await fill(restored)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('restores nothing of a backup that was cut or changed', async () => {
    const file = join(folder, 'whole.backup');
    await backUp(at('main'), file);
    const text = gunzipSync(readFileSync(file)).toString('utf8');
    const lines = text.trimEnd().split('\n');
    const spoiled = [
      lines.slice(0, -1).join('\n'),
      text.replace('ca.example.com', 'ca.example.org'),
      text.replace('espmintBackup', 'somethingElse'),
    ].map((content) => gzipSync(content));
    spoiled.push(readFileSync(file).subarray(0, -20));
    for (const bytes of spoiled) {
      writeFileSync(join(folder, 'spoiled.backup'), bytes);
      await expect(restore(at('second'), join(folder, 'spoiled.backup'))).rejects.toMatchObject({
        code: 'BACKUP_INVALID',
      });
    }
    expect((await checkDatabase(at('second'))).devices).toEqual({});
  });

  it('takes in a backup of a version whose tables had fewer columns', async () => {
    const file = join(folder, 'today.backup');
    await backUp(at('main'), file);
    const client = new pg.Client({ connectionString: server.url('main') });
    await client.connect();
    await client.query(`set timezone = 'UTC'`);
    const { rows } = await client.query<{ print: string }>(
      `select count(*) || ':' || sum(hashtextextended(row_to_json(t)::text, 0)) as print
       from (select id, at, kind, actor, global_uuid, mac_key, detail from events) t`,
    );
    await client.end();
    const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n');
    const earlier = lines.map((line) => {
      const parsed = JSON.parse(line) as { table?: string; end?: Record<string, string> };
      if (parsed.table === 'events') return line.replace(/,"origin":"[^"]*"/, '');
      return parsed.end === undefined
        ? line
        : JSON.stringify({ end: { ...parsed.end, events: rows[0]?.print } });
    });
    expect(earlier.join()).not.toContain('"origin"');
    writeFileSync(file, gzipSync(`${earlier.join('\n')}\n`));
    await server.sql('create database earlier');
    const restored = await restore(at('earlier'), file);
    expect(restored.rows['events']).toBeGreaterThan(0);
    expect(await keyIn(at('earlier'))).toBe(await keyIn(at('main')));
  });

  it('moves an embedded registry to a server', async () => {
    const embedded: RegistryOptions = { dataDir: join(folder, 'embedded') };
    const psk = await fill(embedded);
    const onServer = { ...at('second'), dataDir: join(folder, 'embedded') };
    const { rows } = await moveTo(embedded, onServer);
    expect(rows).toMatchObject({ devices: 1, device_keys: 2, attempts: 2, conflicts: 1 });
    expect(await keyIn(onServer)).toBe(psk);
  });

  it('a new master key opens everything, the old one nothing, and open registries go on', async () => {
    const station: RegistryOptions = { dataDir: join(folder, 'rotated') };
    const psk = await fill(station);
    const keyFile = join(folder, 'rotated/master.key');
    const old = readFileSync(keyFile, 'utf8');
    const inUse = await openRegistry(station);
    const { rewrapped } = await rotateMasterKey(station);
    expect(rewrapped).toBe(1);
    expect(readFileSync(keyFile, 'utf8')).not.toBe(old);
    expect(await inUse.reveal(BOARD.mac, 'test')).toBe(psk);
    await inUse.close();
    expect(await keyIn(station)).toBe(psk);
    await expect(openRegistry({ ...station, env: { ESPMINT_MASTER_KEY: old } })).rejects.toMatchObject({
      code: 'SECRET_UNREADABLE',
    });
  });

  it('a rotation that was cut short after the registry had changed is made good', async () => {
    const station: RegistryOptions = { dataDir: join(folder, 'rotated') };
    const keyFile = join(folder, 'rotated/master.key');
    copyFileSync(keyFile, `${keyFile}.next`);
    writeFileSync(keyFile, `${'22'.repeat(32)}\n`);
    const psk = await keyIn(station);
    await rotateMasterKey(station);
    expect(await keyIn(station)).toBe(psk);
    const registry = await openRegistry(station);
    const events = await queryAt(
      join(folder, 'rotated'),
      `select kind from events where kind like 'master%'`,
    );
    await registry.close();
    expect(events).toHaveLength(2);
  });
});

/** PostgreSQL's settings for TLS, with a certificate for 127.0.0.1 from `ca.pem` in that folder. */
function makeTls(folder: string): string {
  const { certificate, key } = makeAuthority(folder);
  const account = serverAccount();
  chmodSync(key, 0o600);
  if (account !== undefined) chownSync(key, account.uid, account.gid);
  return `ssl = on\nssl_cert_file = '${certificate}'\nssl_key_file = '${key}'`;
}

// Servers, databases and roles whose settings differ from what PostgreSQL brings: the same contract holds on each.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkDatabase,
  openRegistry,
  readAudit,
  type Registry,
  type RegistryOptions,
  rotateMasterKey,
} from '../../src/registry/index.js';
import { toolAvailable } from '../support/reference-tools.js';
import { attemptsContract } from './attempts-contract.js';
import { registryContract } from './contract.js';
import { otherPostgresBin } from './other-postgres.js';
import { searchContract } from './search-contract.js';
import { makeTcpPostgres, type TcpPostgres } from './tcp-postgres.js';
import { PROOF } from '../support/proof.js';

const binDir = otherPostgresBin();
const BOARD = {
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  caUrl: 'https://ca.example.com',
  policy: 'keep',
} as const;

/** Databases by name, with what makes each of them odd; `role` is who uses it. */
const DATABASES: Readonly<Record<string, string>> = {
  icu: `template template0 encoding 'UTF8' locale_provider icu icu_locale 'en-US'`,
  strange: '',
  elsewhere: '',
};
/** They cannot hold every text. */
const ENCODINGS = ['LATIN1', 'SQL_ASCII'];
const STRANGE = [
  `default_transaction_isolation = 'serializable'`,
  `default_transaction_deferrable = on`,
  `datestyle = 'German, DMY'`,
  `intervalstyle = 'sql_standard'`,
  `timezone = 'Asia/Kathmandu'`,
  'standard_conforming_strings = off',
  `client_encoding = 'LATIN1'`,
  `statement_timeout = '5s'`,
  `lock_timeout = '4s'`,
  `bytea_output = 'escape'`,
  `extra_float_digits = -3`,
  'transform_null_equals = on',
];

describe.runIf(toolAvailable('a PostgreSQL server', binDir))('on a server that is set up strangely', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-odd-'));
  let server: TcpPostgres;
  beforeAll(async () => {
    chmodSync(folder, 0o755);
    server = await makeTcpPostgres(binDir, join(folder, 'server'));
    for (const [name, how] of Object.entries(DATABASES)) await server.sql(`create database ${name} ${how}`);
    for (const encoding of ENCODINGS)
      await server.sql(`create database ${encoding} template template0 encoding '${encoding}'`);
    for (const setting of STRANGE) await server.sql(`alter database strange set ${setting}`);
    // The extension is there already, and not where this role works.
    await inDatabase(
      'elsewhere',
      'create schema ext; create extension pg_trgm schema ext; create schema app',
    );
    await server.sql('alter database elsewhere set search_path = app, public');
  });
  afterAll(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  async function inDatabase<Row extends object>(database: string, sql: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: server.url(database) });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  const at = (database: string): RegistryOptions => ({
    dataDir: join(folder, database),
    databaseUrl: server.url(database),
    whenDown: 'stop',
  });

  for (const name of Object.keys(DATABASES)) {
    const open = (): Promise<Registry> => openRegistry(at(name));
    registryContract(`the database ${name}`, open);
    attemptsContract(`the database ${name}`, open);
    searchContract(`the database ${name}`, open);
  }

  it.each(ENCODINGS)('refuses a database in %s before anything is in it', async (encoding) => {
    const options = at(encoding.toLowerCase());
    const refusal = { code: 'REGISTRY_ENCODING', message: expect.stringContaining(encoding) as string };
    await expect(checkDatabase(options)).rejects.toMatchObject(refusal);
    await expect(openRegistry(options)).rejects.toMatchObject(refusal);
    expect(
      await inDatabase(encoding.toLowerCase(), `select from pg_tables where schemaname = 'public'`),
    ).toEqual([]);
  });

  it('finds the extension for searches wherever its administrator has put it', async () => {
    const indexes = await inDatabase<{ name: string }>(
      'elsewhere',
      `select schemaname || '.' || indexname as name from pg_indexes where indexname = 'idx_devices_text'`,
    );
    expect(indexes).toEqual([{ name: 'app.idx_devices_text' }]);
    await (await openRegistry(at('elsewhere'))).close();
    expect((await checkDatabase(at('elsewhere'))).migrationsMissing).toEqual([]);
  });

  it('goes on without the extension where its role may not use it', async () => {
    await server.sql(`create role outsider login password 'outsider'`);
    await server.sql('create database closed owner outsider');
    await inDatabase('closed', 'create schema ext; create extension pg_trgm schema ext');
    const url = server.url('closed').replace(/\/\/[^@]*@/, '//outsider:outsider@');
    const registry = await openRegistry({ ...at('closed'), databaseUrl: url });
    await registry.reserve(BOARD);
    expect((await registry.list({ text: '345678', includeRemoved: true })).devices).toHaveLength(1);
    await registry.close();
  });

  it('works for roles of any default, also where all is done at once and keys are replaced', async () => {
    const registries = await Promise.all([1, 2, 3].map(() => openRegistry(at('strange'))));
    const boards = Array.from({ length: 24 }, (_, n) => ({
      ...BOARD,
      mac: `02:00:00:00:00:${(n % 8).toString(16).padStart(2, '0')}`,
      uuid: `020e3dc9-fa05-568f-a05a-98d00891000${n % 8}`,
    }));
    const [, ...reserved] = await Promise.all([
      rotateMasterKey(at('strange')),
      ...boards.map((board, n) => registries[n % 3]!.reserve(board)),
    ]);
    const keys = new Set(reserved.map(({ mac, psk }) => `${mac} ${psk}`));
    expect(keys.size).toBe(8);
    const proof = PROOF;
    await Promise.all(reserved.map(({ id }, n) => registries[(n + 1) % 3]!.confirm(id, proof)));
    for (const registry of registries) await registry.close();
    const { entries } = await readAudit(at('strange'), { limit: 1 });
    expect(Math.abs(Date.now() - Date.parse(entries[0]!.at))).toBeLessThan(3_600_000);
  });

  it('goes on without one that takes no writing any more, as a standby, and says so', async () => {
    const registry = await openRegistry({ ...at('icu'), whenDown: 'continue', timeoutMs: 1000 });
    const readOnly = async (state: 'on' | 'off'): Promise<void> => {
      await server.sql(`alter database icu set default_transaction_read_only = ${state}`);
      await server.sql(`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'icu'`);
    };
    await readOnly('on');
    const reserved = await registry.reserve(BOARD);
    await registry.confirm(reserved.id, PROOF);
    await registry.close();
    await expect(openRegistry({ ...at('icu'), timeoutMs: 1000 })).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringMatching(/read-only/) as string,
    });
    expect((await checkDatabase({ ...at('icu') })).faults).toMatchObject([
      { code: 'REGISTRY_UNREACHABLE', message: expect.stringMatching(/takes no writes/) as string },
    ]);
    await readOnly('off');
    expect((await checkDatabase({ ...at('icu') })).faults).toEqual([]);
    const back = await openRegistry({ ...at('icu') });
    expect(await back.reveal(BOARD.mac, 'test')).toBe(reserved.psk);
    await back.close();
  });
});

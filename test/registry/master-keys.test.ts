// Master keys: none is made for a registry that has one, the right one is asked for by its id, the advice works, and no
// key is lost that anything is sealed with.
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseListEntry } from '../../src/core/list-entry.js';
import {
  administer,
  backUp,
  checkDatabase,
  importKeys,
  listKeys,
  openRegistry,
  type Registry,
  type RegistryOptions,
  restore,
  rotateMasterKey,
} from '../../src/registry/index.js';
import { toolAvailable } from '../support/reference-tools.js';
import { otherPostgresBin } from './other-postgres.js';
import { makeTcpPostgres, type TcpPostgres } from './tcp-postgres.js';
import { PROOF } from '../support/proof.js';

const BOARD = {
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  caUrl: 'https://ca.example.com',
  policy: 'keep',
} as const;
const OTHER = { ...BOARD, mac: 'a4:cf:12:34:56:79', uuid: '110e3dc9-fa05-568f-a05a-98d00891029e' } as const;
const binDir = otherPostgresBin();

describe.runIf(toolAvailable('a PostgreSQL server', binDir))('the master key of a station', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-master-keys-'));
  let server: TcpPostgres;
  let cases = 0;
  let plant: RegistryOptions & { dataDir: string };
  let open: Registry[] = [];
  beforeAll(async () => {
    chmodSync(folder, 0o755);
    server = await makeTcpPostgres(binDir, join(folder, 'server'));
  });
  afterAll(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    const name = `case${(cases += 1)}`;
    await server.sql(`create database ${name}`);
    plant = { dataDir: join(folder, name), databaseUrl: server.url(name), timeoutMs: 3_000 };
  });
  afterEach(async () => {
    await server.start();
    for (const one of open) await one.close();
    open = [];
  });

  const at = (name: string): typeof plant => ({ ...plant, dataDir: join(folder, `${name}${cases}`) });
  const keyFile = (where = plant): string => join(where.dataDir, 'master.key');
  async function openIt(options: RegistryOptions = plant): Promise<Registry> {
    const registry = await openRegistry(options);
    open.push(registry);
    return registry;
  }
  async function idOf(options: RegistryOptions): Promise<string> {
    return (await listKeys(options)).keys.find(({ isUsed }) => isUsed)?.id ?? '';
  }

  it('is not made while its server has never been reached, and the station does not start', async () => {
    const station = at('station');
    await server.kill();
    await expect(openIt(station)).rejects.toMatchObject({ code: 'REGISTRY_NEVER_REACHED' });
    expect(existsSync(keyFile(station))).toBe(false);
    await server.start();
    await openIt(station);
    expect(existsSync(keyFile(station))).toBe(true);
  });

  it('is not made for a registry that has one: the station says which it wants, and the advice works', async () => {
    const psk = (await (await openIt()).reserve(BOARD)).psk;
    const id = await idOf(plant);
    const station = at('station');
    const refused = await openIt(station).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'SECRET_UNREADABLE', details: { wanted: id } });
    expect(String(refused)).toContain('espmint keys import FILE');
    expect(existsSync(keyFile(station))).toBe(false);
    const report = await importKeys(station, keyFile());
    expect(report).toMatchObject({ imported: [id], missing: [], keys: [{ id, sealsRegistry: true }] });
    expect(await (await openIt(station)).reveal(BOARD.mac, 'test')).toBe(psk);
    await server.kill();
    expect((await (await openIt(station)).reserve(OTHER)).known).toBe('new');
  });

  it('that belongs to another registry is kept when the right one is imported', async () => {
    await (await openIt()).close();
    const station = at('station');
    // It has worked by itself before, with a key of its own.
    await (await openIt({ ...station, databaseUrl: undefined })).close();
    const own = readFileSync(keyFile(station), 'utf8').trim();
    await expect(openIt(station)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    await server.kill();
    await expect(openIt(station)).rejects.toMatchObject({ code: 'REGISTRY_NEVER_REACHED' });
    await server.start();
    await importKeys(station, keyFile());
    expect(readFileSync(`${keyFile(station)}.previous`, 'utf8')).toContain(own);
    expect(readFileSync(keyFile(station), 'utf8')).toBe(readFileSync(keyFile(), 'utf8'));
    expect((await (await openIt(station)).reserve(BOARD)).known).toBe('new');
    // Its own registry opens as before.
    expect((await (await openIt({ ...station, databaseUrl: undefined })).reserve(OTHER)).known).toBe('new');
  });

  it('that is missing is asked for by its id, also in an outage and by db check, and none is made instead', async () => {
    const registry = await openIt();
    await server.kill();
    const { psk } = await registry.reserve(BOARD);
    await registry.close();
    const saved = join(folder, `saved${cases}`);
    copyFileSync(keyFile(), saved);
    rmSync(keyFile());
    await expect(openIt()).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    expect(existsSync(keyFile())).toBe(false);
    await server.start();
    await expect(openIt()).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    expect((await checkDatabase(plant)).faults.map(({ code }) => code)).toEqual([
      'SECRET_UNREADABLE',
      'SECRET_UNREADABLE',
    ]);
    // An empty database has no key, but the journal has: it is not given another one.
    await server.sql(`create database fresh${cases}`);
    const fresh = { ...plant, databaseUrl: server.url(`fresh${cases}`) };
    await expect(openIt(fresh)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    expect(existsSync(keyFile())).toBe(false);
    await importKeys(plant, saved);
    expect(await (await openIt()).reveal(BOARD.mac, 'test')).toBe(psk);
    expect((await checkDatabase(plant)).faults).toEqual([]);
  });

  it('of a backup is named by it, kept by rotations, and tried before a restore counts as one', async () => {
    const registry = await openIt();
    const { id, psk } = await registry.reserve(BOARD);
    await registry.confirm(id, PROOF);
    const backup = join(folder, `plant${cases}.backup`);
    const { masterIds } = await backUp(plant, backup);
    expect(masterIds).toEqual([await idOf(plant)]);
    await rotateMasterKey(plant);
    await rotateMasterKey(plant);
    const restored = { ...at('restored'), databaseUrl: undefined };
    const refused = await restore(restored, backup).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'SECRET_UNREADABLE', details: { wanted: masterIds[0] } });
    expect((await checkDatabase(restored)).devices).toEqual({});
    // The newest key does not help; those that were kept do.
    await importKeys(restored, keyFile());
    await expect(restore(restored, backup)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    await importKeys(restored, `${keyFile()}.previous`);
    await restore(restored, backup);
    expect(await (await openIt(restored)).reveal(BOARD.mac, 'test')).toBe(psk);
  });

  it('that is given by a variable is gone over to from an imported one', async () => {
    const [first, second] = ['11'.repeat(32), '22'.repeat(32)];
    const given = (key: string): typeof plant & { env: Record<string, string> } => ({
      ...plant,
      env: { ESPMINT_MASTER_KEY: key },
    });
    const psk = (await (await openIt(given(first))).reserve(BOARD)).psk;
    await expect(rotateMasterKey(given(first))).rejects.toThrow('espmint keys import FILE');
    await expect(openIt(given(second))).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    const file = join(folder, `first${cases}`);
    writeFileSync(file, first);
    await importKeys(given(second), file);
    await expect(openIt(given(second))).rejects.toThrow('espmint keys rotate');
    await rotateMasterKey(given(second));
    expect(await (await openIt(given(second))).reveal(BOARD.mac, 'test')).toBe(psk);
    await expect(openIt(given(first))).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });

  it.runIf(process.getuid?.() === 0)('in a file of another user is refused', async () => {
    await (await openIt()).close();
    chownSync(keyFile(), 12_345, 12_345);
    await expect(openIt()).rejects.toThrow('it belongs to the user 12345');
    chownSync(keyFile(), 0, 0);
    await openIt();
  });

  it('stays as it is when a file is imported that holds none', async () => {
    await openIt();
    const before = readFileSync(keyFile(), 'utf8');
    const file = join(folder, `rubbish${cases}`);
    for (const text of ['', 'no key', 'ab'.repeat(31), 'x'.repeat(1000)]) {
      writeFileSync(file, text);
      await expect(importKeys(plant, file)).rejects.toMatchObject({ code: 'MASTER_KEY_INVALID' });
    }
    await expect(importKeys(plant, join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    expect(readFileSync(keyFile(), 'utf8')).toBe(before);
    expect(existsSync(`${keyFile()}.previous`)).toBe(false);
  });
});

describe.runIf(toolAvailable('a PostgreSQL server', binDir))('a board that is denied', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-denied-'));
  let server: TcpPostgres;
  let station: RegistryOptions & { dataDir: string; databaseUrl: string };
  let open: Registry[] = [];
  beforeAll(async () => {
    chmodSync(folder, 0o755);
    server = await makeTcpPostgres(binDir, join(folder, 'server'));
    await server.sql('create database plant');
    station = { dataDir: join(folder, 'station'), databaseUrl: server.url('plant'), timeoutMs: 3_000 };
    await administer(station, (registry) =>
      registry.addToList('deny', [parseListEntry(BOARD.mac)], { reason: 'stolen' }),
    );
  });
  afterAll(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => server.start());
  afterEach(async () => {
    await server.start();
    for (const one of open) await one.close();
    open = [];
  });

  async function openAt(host: string): Promise<Registry> {
    const databaseUrl = station.databaseUrl.replace('127.0.0.1', host);
    const registry = await openRegistry({ ...station, databaseUrl });
    open.push(registry);
    return registry;
  }

  it('is denied in an outage by each address that the registry was reached by, and by another one nothing starts', async () => {
    await openAt('127.0.0.1');
    await openAt('localhost');
    await server.kill();
    for (const host of ['127.0.0.1', 'localhost'])
      await expect((await openAt(host)).reserve(BOARD)).rejects.toMatchObject({ code: 'DEVICE_DENIED' });
    await expect(openAt('127.0.0.2')).rejects.toMatchObject({ code: 'REGISTRY_NEVER_REACHED' });
  });

  it('is stopped with all others while the copy of the lists is damaged, until the registry is back', async () => {
    const working = await openAt('127.0.0.1');
    const copies = join(station.dataDir, 'registries');
    const [name = ''] = readdirSync(copies);
    await server.kill();
    writeFileSync(join(copies, name), '{"at": "20');
    await expect(working.reserve(BOARD)).rejects.toMatchObject({ code: 'ADMISSION_LISTS_UNREADABLE' });
    await expect(working.screen(OTHER)).rejects.toMatchObject({ code: 'ADMISSION_LISTS_UNREADABLE' });
    await expect(openAt('127.0.0.1')).rejects.toMatchObject({ code: 'ADMISSION_LISTS_UNREADABLE' });
    await server.start();
    expect((await checkDatabase(station)).faults).toMatchObject([{ code: 'ADMISSION_LISTS_UNREADABLE' }]);
    await openAt('127.0.0.1');
    expect((await checkDatabase(station)).faults).toEqual([]);
    await server.kill();
    await expect((await openAt('127.0.0.1')).reserve(BOARD)).rejects.toMatchObject({ code: 'DEVICE_DENIED' });
  });
});

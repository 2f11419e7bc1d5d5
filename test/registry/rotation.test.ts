// A new master key while stations work: what they have sealed for themselves opens after it too, in an outage and in the
// next process.
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  backUp,
  forgetMasterKey,
  importKeys,
  listKeys,
  openProduction,
  openRegistry,
  type Production,
  type Registry,
  type RegistryOptions,
  restore,
  rotateMasterKey,
  type RowClaim,
  Store,
  type Values,
} from '../../src/registry/index.js';
import type { ValueRow } from '../../src/core/values/rows.js';
import { toolAvailable } from '../support/reference-tools.js';
import { otherPostgresBin } from './other-postgres.js';
import { makeTcpPostgres, type TcpPostgres } from './tcp-postgres.js';
import { PROOF } from '../support/proof.js';

const profile = { name: 'sensor', version: 3 };
const macOf = (n: number): string => `a4:cf:12:00:00:0${n}`;
const board = (n: number) =>
  ({
    mac: macOf(n),
    uuid: `110e3dc9-fa05-568f-a05a-98d00891029${n}`,
    caUrl: 'https://ca.example.com',
    policy: 'keep',
  }) as const;
const binDir = otherPostgresBin();

describe.runIf(toolAvailable('a PostgreSQL server', binDir))('a new master key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-rotation-'));
  let server: TcpPostgres;
  let cases = 0;
  let options: RegistryOptions & { dataDir: string };
  let open: (Registry | Production)[] = [];
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
    options = { dataDir: join(folder, name), databaseUrl: server.url(name), timeoutMs: 700 };
  });
  afterEach(async () => {
    await server.start();
    for (const one of open) await one.close();
    open = [];
  });

  const keyFile = (): string => join(options.dataDir, 'master.key');
  async function openIt(changes: Partial<RegistryOptions> = {}): Promise<Registry> {
    const registry = await openRegistry({ ...options, ...changes });
    open.push(registry);
    return registry;
  }
  async function openLine(changes: Partial<RegistryOptions> = {}): Promise<Production> {
    const line = await openProduction({ ...options, ...changes }, { boards: 3 });
    open.push(line);
    return line;
  }

  it('leaves readable what the journal holds, from before it and from a station that went on', async () => {
    const station = await openIt();
    const before = await station.reserve(board(1));
    await rotateMasterKey(options);
    await server.kill();
    const offline = await station.reserve(board(2));
    // The next process has the new key only, and no database to ask.
    const next = await openIt();
    expect(await next.reserve(board(1))).toMatchObject({ psk: before.psk, known: 'pending' });
    expect(await next.reserve(board(2))).toMatchObject({ psk: offline.psk, known: 'pending' });
    await station.confirm(offline.id, PROOF);
    await server.start();
    const later = await openIt();
    expect(await later.reveal(macOf(2), 'test')).toBe(offline.psk);
    expect(await later.reveal(macOf(1), 'test')).toBe(before.psk);
    expect(await later.status()).toMatchObject({ pendingSync: 0, conflicts: 0 });
  });

  it('leaves the keys of a list readable that a station holds ahead', async () => {
    const line = await openLine();
    await line.batches.create({ name: 'WO-1', profile, quantity: 16 }, 'tester');
    const rows = Array.from({ length: 16 }, (_, n) => ({ line: n + 1, psk: `${n + 10}`.padStart(32, 'a') }));
    await line.batches.importIdentifiers('WO-1', rows, 'ids.csv');
    const heartbeat = {
      station: 's',
      host: 'h',
      batch: 'WO-1',
      mode: 'running',
      slots: 1,
      running: 0,
      claims: [],
    } as const;
    await line.batches.heartbeat(heartbeat);
    await rotateMasterKey(options);
    await rotateMasterKey(options);
    await server.kill();
    const claim = { batch: 'WO-1', station: 's', profile };
    expect(await line.batches.claim({ ...claim, mac: macOf(1) })).toMatchObject({ psk: rows[0]!.psk });
    await line.close();
    const again = await openLine();
    expect(await again.batches.claim({ ...claim, mac: macOf(2) })).toMatchObject({ psk: rows[1]!.psk });
  });

  it('leaves the secrets of lists of values readable, and those in a backup from before', async () => {
    const plain = { type: 'string', unique: false, secret: false, label: false, file: false } as const;
    const columns = [
      { ...plain, name: 'passcode', secret: true },
      { ...plain, name: 'sku' },
    ];
    async function* rows(): AsyncGenerator<ValueRow> {
      for (const n of [1, 2, 3])
        yield await Promise.resolve({ line: n, values: { passcode: `canary-${n}`, sku: `sku ${n}` } });
    }
    const ask = (n: number): RowClaim => ({
      list: 'codes',
      match: 'next',
      mac: macOf(n),
      uuid: board(n).uuid,
    });
    const withValues = async <T>(changes: object, work: (values: Values) => Promise<T>): Promise<T> => {
      const store = await Store.open({ ...options, ...changes });
      const values = store.values();
      try {
        return await work(values);
      } finally {
        await values.close();
        await store.close();
      }
    };
    const backup = join(folder, `values${cases}.backup`);
    await withValues({}, async (values) => {
      await values.add('codes', columns, rows, { file: 'codes.csv' });
      expect((await values.claim(ask(1))).stored).toEqual({ passcode: 'canary-1', sku: 'sku 1' });
      // A station that goes on through the rotations.
      const { masterIds } = await backUp(options, backup);
      await rotateMasterKey(options);
      const { to } = await rotateMasterKey(options);
      expect((await values.claim(ask(2))).stored).toMatchObject({ passcode: 'canary-2' });
      expect(masterIds).not.toContain(to);
    });
    await withValues({}, async (values) => {
      for (const n of [1, 2, 3])
        expect(await values.claim(ask(n))).toMatchObject({ number: n, stored: { passcode: `canary-${n}` } });
    });
    // What the backup was sealed under is kept beside the key; with it the backup opens, without it it does not.
    const restored = { ...options, dataDir: join(folder, `restored${cases}`), databaseUrl: undefined };
    await importKeys(restored, keyFile());
    await expect(restore(restored, backup)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    await importKeys(restored, `${keyFile()}.previous`);
    await restore(restored, backup);
    await withValues(restored, async (values) => {
      expect((await values.claim(ask(1))).stored).toMatchObject({ passcode: 'canary-1' });
      expect((await values.claim(ask(3))).stored).toMatchObject({ passcode: 'canary-2' });
    });
  });

  it('leaves the replaced one in a private file until somebody says that it is not needed any more', async () => {
    const station = await openIt();
    const { id } = await station.reserve(board(1));
    const old = readFileSync(keyFile(), 'utf8').trim();
    const previous = `${keyFile()}.previous`;
    await rotateMasterKey(options);
    expect(readFileSync(previous, 'utf8').split('\n')[0]).toBe(old);
    expect(statSync(previous).mode & 0o077).toBe(0);
    await station.confirm(id, PROOF);
    await rotateMasterKey(options);
    expect(readFileSync(previous, 'utf8')).toContain(old);
    const { from, keptIn } = await rotateMasterKey(options);
    expect(keptIn).toBe(previous);
    const oldest = (await listKeys(options)).keys.find(({ localSecrets }) => localSecrets > 0)?.id ?? '';
    await expect(forgetMasterKey(options, oldest)).rejects.toMatchObject({ code: 'MASTER_KEY_NEEDED' });
    await station.close();
    const { keys } = await listKeys(options);
    const used = keys.find(({ isUsed }) => isUsed)?.id ?? '';
    await expect(forgetMasterKey(options, used)).rejects.toMatchObject({ code: 'MASTER_KEY_NEEDED' });
    await forgetMasterKey(options, oldest);
    await forgetMasterKey(options, from);
    expect(readFileSync(previous, 'utf8')).not.toContain(old);
    await expect(forgetMasterKey(options, oldest)).rejects.toMatchObject({ code: 'MASTER_KEY_UNKNOWN' });
    expect((await (await openIt()).reserve(board(1))).known).toBe('provisioned');
  });

  it('that is copied to another station while it works is taken there, and what that one has sealed still opens', async () => {
    await (await openIt()).close();
    const other = join(folder, `other${cases}`);
    const copyKey = (): void => copyFileSync(keyFile(), join(other, 'master.key'));
    await openIt({ dataDir: other, databaseUrl: undefined }).then((own) => own.close());
    copyKey();
    const station = await openIt({ dataDir: other });
    await server.kill();
    const first = await station.reserve(board(1));
    await server.start();
    await rotateMasterKey(options);
    copyKey();
    await server.kill();
    const second = await station.reserve(board(2));
    const next = await openIt({ dataDir: other });
    expect((await next.reserve(board(1))).psk).toBe(first.psk);
    expect((await next.reserve(board(2))).psk).toBe(second.psk);
    await server.start();
    expect(await (await openIt()).reveal(macOf(2), 'test').catch(String)).toMatch(/DEVICE_UNKNOWN|no device/);
    expect(await (await openIt({ dataDir: other })).reveal(macOf(2), 'test')).toBe(second.psk);
  });

  it('is one key for all, when several ask for one at once and stations start meanwhile', async () => {
    const psk = (await (await openIt()).reserve(board(1))).psk;
    const patient = { timeoutMs: 20_000 };
    const rotations = Array.from({ length: 4 }, () => rotateMasterKey({ ...options, ...patient }));
    const starts = Array.from({ length: 6 }, () => openIt({ ...patient, whenDown: 'stop' }));
    const ended = await Promise.all(rotations);
    for (const started of await Promise.all(starts)) expect(await started.reveal(macOf(1), 'test')).toBe(psk);
    expect(ended).toHaveLength(4);
    expect(existsSync(`${keyFile()}.next`)).toBe(false);
    expect(await (await openIt()).reveal(macOf(1), 'test')).toBe(psk);
  });
});

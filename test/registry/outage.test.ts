// A server that goes away and comes back: provisioning goes on from the journal, and the server hears of it all.
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseListEntry } from '../../src/core/list-entry.js';
import {
  administer,
  openRegistry,
  type Registry,
  type RegistryOptions,
  removeDevice,
} from '../../src/registry/index.js';
import { abandonAll } from '../../src/registry/spool/testing/abandon.js';
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
const BOARD_FOUND = { mac: BOARD.mac, uuid: BOARD.uuid, hardwareId: '11'.repeat(16) };

const binDir = otherPostgresBin();

describe.runIf(toolAvailable('a PostgreSQL server', binDir))('a registry whose server goes away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-outage-'));
  let server: TcpPostgres;
  let databases = 0;
  let options: RegistryOptions & { dataDir: string };
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
    const name = `case${(databases += 1)}`;
    await server.sql(`create database ${name}`);
    options = { dataDir: join(folder, name), databaseUrl: server.url(name), timeoutMs: 700 };
  });
  afterEach(async () => {
    await server.start();
    await Promise.all(open.map((registry) => registry.close()));
    open = [];
  });

  async function openIt(changes: Partial<RegistryOptions> = {}): Promise<Registry> {
    const registry = await openRegistry({ ...options, ...changes });
    open.push(registry);
    return registry;
  }

  const segments = () =>
    readdirSync(join(options.dataDir, 'spool/keys'))
      .filter((name) => /^\d/.test(name))
      .map((name) => join(options.dataDir, 'spool/keys', name, '1.log'));

  it('goes on from the journal, says how much is owed, and tells the server once it is back', async () => {
    const registry = await openIt();
    const before = await registry.reserve(BOARD);
    await server.kill();
    await registry.confirm(before.id, PROOF);
    const offline = await registry.reserve(OTHER);
    await registry.confirm(offline.id, PROOF);
    expect(await registry.status()).toMatchObject({ reachable: false, pendingSync: 2 });
    await server.start();
    const later = await openIt();
    const status = await later.status();
    expect(status).toMatchObject({ reachable: true, pendingSync: 0, conflicts: 0 });
    expect(status).not.toHaveProperty('reason');
    expect(await later.find({ mac: BOARD.mac })).toMatchObject({ status: 'provisioned' });
    expect(await later.reveal(OTHER.mac, 'test')).toBe(offline.psk);
    expect((await later.show({ mac: OTHER.mac })).attempts).toHaveLength(1);
  });

  it('starts without its server, and gives a board the same key again that it reserved while it was away', async () => {
    await (await openIt()).close();
    await server.kill();
    const first = await (await openIt()).reserve(BOARD);
    const second = await (await openIt()).reserve(BOARD);
    expect(second).toMatchObject({ known: 'pending', psk: first.psk });
  });

  it('gives no board a new key while a journal cannot be read that may hold its old one', async () => {
    await (await openIt()).close();
    await server.kill();
    const first = await openIt();
    const { psk } = await first.reserve(BOARD);
    await first.close();
    const [path = ''] = segments();
    renameSync(path, `${path}.spare`);
    // The superuser may read everything: a folder where a file is wanted cannot be read by anybody.
    mkdirSync(path);
    const second = await openIt();
    const unreadable = { code: 'SPOOL_UNREADABLE', details: { path } };
    await expect(second.screen(BOARD_FOUND)).rejects.toMatchObject(unreadable);
    await expect(second.reserve(BOARD)).rejects.toMatchObject(unreadable);
    rmSync(path, { recursive: true });
    renameSync(`${path}.spare`, path);
    expect((await second.reserve(BOARD)).psk).toBe(psk);
  });

  it.each([
    ['back', -86_400_000],
    ['ahead', 86_400_000],
  ])(
    'knows the key that a chip was given last, also where the clock of its station was set %s',
    async (_, byMs) => {
      await (await openIt()).close();
      await server.kill();
      vi.useFakeTimers({ toFake: ['Date'] });
      try {
        const first = await openIt();
        const one = await first.reserve({ ...BOARD, psk: '11'.repeat(16) });
        await first.confirm(one.id, PROOF);
        vi.setSystemTime(Date.now() + byMs);
        const again = await openIt();
        const two = await again.reserve({ ...BOARD, policy: 'rotate', psk: '22'.repeat(16) });
        await again.confirm(two.id, PROOF);
      } finally {
        vi.useRealTimers();
      }
      await server.start();
      const later = await openIt();
      expect(await later.reveal(BOARD.mac, 'test')).toBe('22'.repeat(16));
      const { id } = await later.reserve({ ...BOARD, policy: 'rotate', psk: '33'.repeat(16) });
      await server.kill();
      await later.confirm(id, PROOF);
      await server.start();
      const end = await openIt();
      expect(await end.reveal(BOARD.mac, 'test')).toBe('33'.repeat(16));
      const { keys, provisionedAt = '' } = await end.show({ mac: BOARD.mac });
      expect(keys.map(({ state }) => state)).toEqual(['current', 'superseded', 'superseded']);
      expect(Date.parse(provisionedAt)).toBeLessThanOrEqual(Date.now() + 60_000);
    },
  );

  it('stops instead where that is the policy', async () => {
    const registry = await openIt({ whenDown: 'stop' });
    await server.kill();
    await expect(registry.reserve(BOARD)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    await expect(openIt({ whenDown: 'stop' })).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });

  it('adopts what a process that died has left, also when its last record was torn', async () => {
    await (await openIt()).close();
    await server.kill();
    const registry = await openIt();
    const kept = await registry.reserve(BOARD);
    await registry.reserve(OTHER);
    const [left = ''] = segments();
    truncateSync(left, statSync(left).size - 3);
    abandonAll(join(options.dataDir, 'spool/keys'));
    await server.start();
    const later = await openIt();
    expect(await later.reveal(BOARD.mac, 'test')).toBe(kept.psk);
    expect(await later.find({ mac: OTHER.mac })).toBeUndefined();
    expect(await later.status()).toMatchObject({ pendingSync: 0 });
    expect(existsSync(left)).toBe(false);
  });

  it('keeps the key that was proven last, however late the stations tell of their proofs', async () => {
    await (await openIt()).close();
    const env = masterOf(options.dataDir);
    const second = { dataDir: `${options.dataDir}-second`, env };
    const third = { dataDir: `${options.dataDir}-third`, env };
    await server.kill();
    const early = await openIt();
    const before = await early.reserve(BOARD);
    await early.confirm(before.id, PROOF);
    const late = await openIt(second);
    const after = await late.reserve(BOARD);
    await late.confirm(after.id, PROOF);
    // Flashed, and never proven: it may be on the chip.
    const last = await (await openIt(third)).reserve(BOARD);
    await server.start();
    await openIt(third);
    await openIt(second);
    const registry = await openIt();
    expect(await registry.reveal(BOARD.mac, 'test')).toBe(after.psk);
    const { keys, attempts } = await registry.show({ mac: BOARD.mac });
    expect(keys.map(({ state }) => state).sort()).toEqual(['current', 'pending', 'superseded']);
    expect(attempts.map(({ outcome }) => outcome).sort()).toEqual(['open', 'passed', 'passed']);
    expect(new Set([before.psk, after.psk, last.psk]).size).toBe(3);
  });

  it('takes no harm from rubbish in the journal folder', async () => {
    await (await openIt()).close();
    const rubbish = join(options.dataDir, 'spool/keys/1700000000000-0badf00d');
    mkdirSync(rubbish);
    appendFileSync(join(rubbish, '1.log'), 'no journal at all');
    appendFileSync(join(options.dataDir, 'spool/keys/readme.txt'), 'somebody was here');
    const registry = await openIt();
    expect((await registry.reserve(BOARD)).known).toBe('new');
    // It is kept as it was found, and a person is told.
    const [fault] = (await registry.status()).spool ?? [];
    expect(fault?.code).toBe('SPOOL_SET_ASIDE');
    expect(readFileSync((fault?.details as { path: string }).path, 'utf8')).toBe('no journal at all');
  });

  it('tells the server of a reservation that contradicts it as a conflict, with its key, and goes on with the others', async () => {
    await (await openIt()).close();
    await server.kill();
    const registry = await openIt();
    const twisted = await registry.reserve({ ...BOARD, uuid: OTHER.uuid });
    await registry.confirm(twisted.id, PROOF);
    await registry.reserve(OTHER).catch(() => undefined);
    await registry.close();
    await server.start();
    const elsewhere = await openIt({
      dataDir: `${options.dataDir}-other-station`,
      env: masterOf(options.dataDir),
    });
    await elsewhere.reserve(BOARD);
    const later = await openIt();
    // OTHER was refused for the twisted one only, which holds nothing now: it may come again.
    expect(await later.status()).toMatchObject({ reachable: true, pendingSync: 0, conflicts: 1 });
    expect(await later.find({ mac: BOARD.mac })).toMatchObject({ uuid: BOARD.uuid });
    const conflict = (await later.conflicts()).find(({ code }) => code === 'MAC_TAKEN');
    expect(conflict).toMatchObject({ refused: { mac: BOARD.mac, uuid: OTHER.uuid } });
    await later.resolve(conflict?.id ?? 0, { decision: 'replace', reason: 'the outage was right' });
    expect(await later.find({ mac: BOARD.mac })).toMatchObject({ uuid: OTHER.uuid, status: 'pending' });
    expect(await later.reveal(BOARD.mac, 'test')).toBe(twisted.psk);
  });

  it('refuses a clone by its journal, and the server hears of it', async () => {
    const registry = await openIt();
    await server.kill();
    const clone = { ...BOARD, hardwareId: '22'.repeat(16) };
    const { id } = await registry.reserve({ ...BOARD, hardwareId: '11'.repeat(16) });
    await registry.confirm(id, PROOF);
    await expect(registry.reserve(clone)).rejects.toMatchObject({ code: 'CLONE_SUSPECTED' });
    expect(await registry.status()).toMatchObject({ reachable: false, pendingSync: 2, conflicts: 1 });
    await server.start();
    const later = await openIt();
    expect(await later.status()).toMatchObject({ pendingSync: 0, conflicts: 1 });
    expect(await later.conflicts()).toMatchObject([
      { code: 'CLONE_SUSPECTED', refused: { hardwareId: clone.hardwareId }, registered: BOARD_FOUND },
    ]);
    expect((await later.conflicts())[0]?.id).toBeGreaterThan(0);
  });

  it('keeps to the lists and tombstones by its copy, and says how old that is', async () => {
    await administer(options, (admin) =>
      admin.addToList('deny', [parseListEntry('a4:cf:12:34:57:00..a4:cf:12:34:57:ff')], { reason: 'stolen' }),
    );
    await (await openIt()).reserve(BOARD);
    await removeDevice(options, { mac: BOARD.mac }, 'scrapped');
    const registry = await openIt();
    const { listsCopiedAt = '' } = await registry.status();
    expect(Math.abs(Date.now() - Date.parse(listsCopiedAt))).toBeLessThan(60_000);
    const [copy = ''] = readdirSync(join(options.dataDir, 'registries'));
    expect(statSync(join(options.dataDir, 'registries', copy)).mode & 0o777).toBe(0o600);
    await server.kill();
    const denied = { ...OTHER, mac: 'a4:cf:12:34:57:01' };
    await expect(registry.reserve(denied)).rejects.toThrow(listsCopiedAt);
    await expect(registry.screen(denied)).rejects.toMatchObject({ code: 'DEVICE_DENIED' });
    await expect(registry.reserve(BOARD)).rejects.toMatchObject({ code: 'DEVICE_REMOVED' });
    expect((await registry.reserve(OTHER)).known).toBe('new');
    await server.start();
    await administer(options, (admin) =>
      admin.addToList('allow', [parseListEntry(BOARD.mac)], { reason: '' }),
    );
    await (await openIt()).status();
    await server.kill();
    await expect((await openIt()).reserve(OTHER)).rejects.toMatchObject({ code: 'DEVICE_NOT_ALLOWED' });
  });

  it('shows no key in the journal', async () => {
    await (await openIt()).close();
    await server.kill();
    const registry = await openIt();
    const { psk } = await registry.reserve(BOARD);
    expect(segments()).toHaveLength(1);
    expect(readFileSync(segments()[0] ?? '').includes(psk)).toBe(false);
  });

  it('leaves no journal behind when everything is told', async () => {
    const registry = await openIt();
    const { id } = await registry.reserve(BOARD);
    await registry.confirm(id, PROOF);
    await registry.close();
    expect(segments()).toEqual([]);
  });
});

/** Stations that share a server share the master key. */
function masterOf(dataDir: string): Record<string, string> {
  return { ESPMINT_MASTER_KEY: readFileSync(join(dataDir, 'master.key'), 'utf8') };
}

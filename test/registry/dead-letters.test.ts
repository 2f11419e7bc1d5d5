// A record that the registry refuses waits for a person, who can look at it and mend it; all others go on.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openProduction, openRegistry, type RegistryOptions } from '../../src/registry/index.js';
import { decodeFrames, encodeFrame } from '../../src/registry/spool/frame.js';
import type { JournalRecord } from '../../src/registry/spool/records.js';
import { toolAvailable } from '../support/reference-tools.js';
import { runInProcess } from '../support/cli-in-process.js';
import { otherPostgresBin } from './other-postgres.js';
import { makeTcpPostgres, type TcpPostgres } from './tcp-postgres.js';
import { imageOf } from '../support/proof.js';

const BAD = { mac: 'a4:cf:12:00:00:01', uuid: '110e3dc9-fa05-568f-a05a-000000000001' };
const GOOD = { mac: 'a4:cf:12:00:00:02', uuid: '110e3dc9-fa05-568f-a05a-000000000002' };
const PROOF = { image: imageOf('bb') };

let folder: string;
let dataDir: string;
let server: TcpPostgres;
let options: RegistryOptions;
const binDir = otherPostgresBin();
const isPossible = toolAvailable('a PostgreSQL server', binDir);
beforeAll(async () => {
  if (!isPossible) return;
  folder = mkdtempSync(join(tmpdir(), 'espmint-dead-'));
  chmodSync(folder, 0o755);
  server = await makeTcpPostgres(binDir, join(folder, 'server'));
  await server.sql('create database dead');
  dataDir = join(folder, 'data');
  options = { dataDir, databaseUrl: server.url('dead'), timeoutMs: 5000 };
});
afterAll(async () => {
  if (isPossible) await server.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** A board made out of reach by an espmint that did not check its texts. */
async function makeOffline(board: typeof BAD, location: string): Promise<string> {
  const registry = await openRegistry(options);
  const { id, psk } = await registry.reserve({ ...board, caUrl: 'https://ca.example.com', policy: 'keep' });
  await registry.confirm(id, PROOF);
  await registry.close();
  const root = join(dataDir, 'spool/keys');
  for (const name of readdirSync(root).filter((text) => /^\d/.test(text))) {
    const path = join(root, name, '1.log');
    const frames = decodeFrames(readFileSync(path)).payloads.map((payload) => {
      const record = JSON.parse(Buffer.from(payload).toString()) as JournalRecord;
      const isIt = record.type === 'reserved' && record.mac === board.mac;
      const told = isIt ? { ...record, wanted: { ...record.wanted, location } } : record;
      return encodeFrame(new TextEncoder().encode(JSON.stringify(told)));
    });
    writeFileSync(path, Buffer.concat(frames));
  }
  return psk;
}

it.runIf(isPossible)(
  'keeps nothing else from the registry, is found by db check, and goes in once it is mended',
  async () => {
    const db = (...args: string[]) =>
      runInProcess(['--data-dir', dataDir, '--database-url', options.databaseUrl ?? '', 'db', ...args]);
    await (await openRegistry(options)).close();
    await server.kill();
    const psk = await makeOffline(BAD, 'Halle \ud800 3');
    await makeOffline(GOOD, 'Halle 3');
    await server.start();

    const registry = await openRegistry(options);
    expect(await registry.find({ mac: GOOD.mac })).toMatchObject({ status: 'provisioned' });
    expect(await registry.find({ mac: BAD.mac })).toBeUndefined();
    expect(await registry.status()).toMatchObject({
      pendingSync: 0,
      spool: [{ code: 'SPOOL_DEAD_LETTER', details: { mac: BAD.mac } }],
    });
    await registry.close();

    const check = await db('check');
    expect(check.code).toBe(5);
    expect(check.stderr).toContain(BAD.mac);
    const list = await db('dead');
    expect(list.stdout).toContain(BAD.mac);
    const id = (JSON.parse((await db('dead', '--json')).stdout) as { id: string }).id;
    expect((await db('dead', 'show', id)).stdout).toContain('location');
    expect(await db('dead', 'retry', 'no such id')).toMatchObject({ code: 5 });
    expect(await db('dead', 'retry', id, '--location', 'Halle 3')).toMatchObject({ code: 0 });

    const mended = await openRegistry(options);
    expect(await mended.find({ mac: BAD.mac })).toMatchObject({ status: 'provisioned', location: 'Halle 3' });
    expect(await mended.reveal(BAD.mac, 'test')).toBe(psk);
    expect(await mended.status()).toMatchObject({ pendingSync: 0, spool: [] });
    await mended.close();
    expect(await db('check')).toMatchObject({ code: 0 });
  },
);

it.runIf(isPossible)('a run that PostgreSQL refuses waits in the same way', async () => {
  const db = (...args: string[]) =>
    runInProcess(['--data-dir', dataDir, '--database-url', options.databaseUrl ?? '', 'db', ...args]);
  const outcome = { passed: true, alreadyDone: false, stagesMs: {}, startedMs: 0, endedMs: 1, slot: 1 };
  const [bad, good] = ['10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002'];
  const open = () => openProduction(options, { boards: 1 });
  const production = await open();
  await production.runs.record([
    { ...outcome, id: bad, station: 'line\0' },
    { ...outcome, id: good, station: 'line 1' },
  ]);
  const idsOf = async ({ runs }: typeof production): Promise<string[]> =>
    (await runs.read({})).map(({ id }) => id).sort();
  expect(await idsOf(production)).toEqual([good]);
  await production.close();
  expect(await db('check')).toMatchObject({ code: 5, stderr: expect.stringContaining(bad) as string });
  expect((await db('dead')).stdout).toContain(bad);
  expect((await db('dead', 'show', bad)).stdout).toContain(String.raw`"line\u0000"`);
  expect(await db('dead', 'retry', bad, '--station', 'line 1')).toMatchObject({ code: 0 });
  const mended = await open();
  await mended.runs.catchUp();
  expect(await idsOf(mended)).toEqual([bad, good]);
  await mended.close();
  expect((await db('dead')).stdout).toBe('The registry refuses nothing.\n');
});

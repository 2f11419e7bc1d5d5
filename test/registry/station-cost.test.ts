// What the boards of a fixture cost the database and the disk when all are plugged in at once: counts, whatever the
// machine's pace.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseProfile } from '../../src/core/profile/parse.js';
import type { ProvisionResult } from '../../src/core/stages.js';
import { connectBoard } from '../../src/driver/index.js';
import { buildPlan, provisionDevice } from '../../src/provision/index.js';
import { BatchAdmission, RunLog, Station } from '../../src/station/index.js';
import { openProduction, openRegistry, type Production, type Registry } from '../../src/registry/index.js';
import { createVirtualBoard, memoryTransport } from '../../src/virtual/index.js';
import { PROOF } from '../support/proof.js';
import { countStorageWork } from '../support/storage-work.js';

const SLOTS = 32;
const PROFILE = { name: 'sensor', version: 1 };
const dataDir = mkdtempSync(join(tmpdir(), 'espmint-cost-'));
let registry: Registry;
let production: Production;
beforeAll(async () => {
  registry = await openRegistry({ dataDir });
  production = await openProduction({ dataDir });
}, 60_000);
afterAll(async () => {
  await production.close();
  await registry.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const newBoards = () =>
  new Map(
    Array.from({ length: SLOTS }, (_, board) => {
      const mac = `a4:cf:12:00:00:${board.toString(16).padStart(2, '0')}`;
      return [`board${board}`, createVirtualBoard({ mac })] as const;
    }),
  );

it('shares transactions between the boards of a fixture: a few statements a board', async () => {
  const { batches, runs } = production;
  await batches.create({ name: 'WO', profile: PROFILE, quantity: SLOTS, serialTemplate: 'ZC-{000}' }, 'test');
  const admission = new BatchAdmission({ batches, batch: 'WO', station: 'line 1', profile: PROFILE });
  const log = new RunLog({ runs, station: 'line 1', batch: 'WO' });
  const profile = parseProfile('{name: sensor, version: 1, caUrl: "https://ca.example.com"}', 'test');
  const plan = await buildPlan(profile, {}, () => Promise.reject(new Error('there is no secret')));
  const boards = newBoards();
  const transport = memoryTransport(boards);
  const connect = async (port: string, { signal }: { signal?: AbortSignal | undefined }) =>
    connectBoard(await transport.open(port, { baud: 115_200, timeoutMs: 1000, signal }), { signal });
  const parts = { connect, registry, admit: admission.admit };
  const counter = await countStorageWork();
  const results: ProvisionResult[] = [];
  await new Promise<void>((resolve) => {
    const station = new Station({
      run: ({ port }, options) => provisionDevice(port, plan, parts, options),
      onEvent: (event) => {
        if (event.type !== 'ended') return;
        log.add(event);
        results.push(event.result);
        if (results.length === SLOTS) resolve();
      },
    });
    for (const name of boards.keys()) {
      const port = { path: `virtual://${name}`, isNativeUsb: false };
      station.portChanged({ type: 'arrived', place: port.path, port });
    }
  });
  await log.flush();
  counter.stop();
  for (const board of boards.values()) board.dispose();
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  expect((await batches.get('WO')).counts).toMatchObject({ passed: SLOTS, inWork: 0, open: 0 });
  expect(await runs.read({ batch: 'WO' })).toHaveLength(SLOTS);
  const { queries, transactions, syncs } = counter.soFar();
  expect(queries / SLOTS).toBeLessThan(12);
  expect(transactions / SLOTS).toBeLessThan(2);
  expect(syncs / SLOTS).toBeLessThan(0.5);
}, 120_000);

it('asks the database once for each news of a board alone, and nothing is synced twice', async () => {
  const provision = async (tail: string): Promise<void> => {
    const names = { mac: `a4:cf:12:00:01:${tail}`, uuid: `110e3dc9-fa05-568f-a05a-98d0000001${tail}` };
    const { id } = await registry.reserve({ ...names, caUrl: 'https://ca.example.com', policy: 'keep' });
    await registry.built(id, PROOF.image);
    await registry.confirm(id, PROOF);
  };
  await provision('00');
  const counter = await countStorageWork();
  await provision('01');
  counter.stop();
  expect(counter.soFar()).toEqual({ queries: 3, transactions: 0, syncs: 0 });
});

// Batches on a real PostgreSQL: exact counts under many stations, leases of dead ones, identifiers claimed once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlashImage } from '../../src/core/flash-image.js';
import { openProduction, type Claim, type Production } from '../../src/registry/index.js';
import { PostgresRuns } from '../../src/registry/statistics/postgres-runs.js';
import { openDatabase } from '../../src/registry/store/open-database.js';

const dataDir = mkdtempSync(join(tmpdir(), 'espmint-batches-'));
const profile = { name: 'sensor', version: 3 };
const image: FlashImage = {
  offsetBytes: 0x9000,
  sizeBytes: 0x10000,
  md5: 'a'.repeat(32),
  sha256: 'b'.repeat(64),
};
let one: Production;
let two: Production;

beforeAll(async () => {
  one = await openProduction({ dataDir });
  two = await openProduction({ dataDir });
});
afterAll(async () => {
  await two.close();
  await one.close();
  rmSync(dataDir, { recursive: true, force: true });
});

let batchCount = 0;
async function makeBatch(quantity: number, more: { serialTemplate?: string } = {}): Promise<string> {
  const name = `WO-${++batchCount}`;
  await one.batches.create({ name, profile, quantity, ...more }, 'tester');
  return name;
}
const macOf = (board: number): string =>
  `a4:cf:12:00:${String(board >> 8).padStart(2, '0')}:${(board & 255).toString(16).padStart(2, '0')}`;
const uuidOf = (board: number): string => `00000000-0000-5000-8000-${board.toString(16).padStart(12, '0')}`;
const claimAt = (at: Production, batch: string, board: number, station = 'line 1'): Promise<Claim> =>
  at.batches.claim({ batch, mac: macOf(board), station, profile });
const pass = (at: Production, { id }: Claim, board: number): Promise<void> =>
  at.batches.passed(id, { uuid: uuidOf(board), chip: 'esp32', image });

async function sql(statement: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client({ host: join(dataDir, 'postgres/run'), user: 'espmint', database: 'espmint' });
  await client.connect();
  try {
    await client.query(statement, values);
  } finally {
    await client.end();
  }
}
/** A station that was last heard of too long ago. */
const expire = (claim: Claim): Promise<void> =>
  sql(`update batch_units set lease_until = now() - interval '1 second' where claim_id = $1`, [claim.id]);

describe('the count of a batch', () => {
  it('gives each of many boards at once its own answer, whatever the others get', async () => {
    const batch = await makeBatch(3, { serialTemplate: 'SHARED-{000}' });
    const boards = [1, 2, 3, 4, 5, 6];
    const claims = await Promise.allSettled(boards.map((board) => claimAt(one, batch, board)));
    const made = claims.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value] : []));
    expect(made.map(({ serial }) => serial)).toEqual(['SHARED-001', 'SHARED-002', 'SHARED-003']);
    expect(claims.slice(3)).toMatchObject(
      Array.from({ length: 3 }, () => ({ status: 'rejected', reason: { code: 'BATCH_BUSY' } })),
    );
    const unknown = { ...made[0], id: '00000000-0000-4000-8000-000000000000' } as Claim;
    const settled = await Promise.allSettled(
      [...made, unknown].map((claim, board) => pass(one, claim, board)),
    );
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect((await one.batches.get(batch)).counts).toMatchObject({ passed: 3, inWork: 0, open: 0 });
  });

  it('never exceeds the quantity, however many stations draw from it at once', async () => {
    const batch = await makeBatch(20);
    const tryBoard = async (board: number): Promise<string> => {
      const at = board % 2 === 0 ? one : two;
      try {
        const claim = await claimAt(at, batch, board);
        if (board % 5 === 0) await at.batches.failed(claim.id);
        else await pass(at, claim, board);
        return 'done';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const outcomes: string[] = [];
    // Places of boards that failed are free for the next wave.
    for (const wave of [0, 30, 60]) {
      outcomes.push(...(await Promise.all(Array.from({ length: 30 }, (_, index) => tryBoard(wave + index)))));
      expect((await one.batches.get(batch)).counts.passed).toBeLessThanOrEqual(20);
    }
    const { counts } = await one.batches.get(batch);
    expect(['done', 'BATCH_BUSY', 'BATCH_FULL']).toEqual(expect.arrayContaining([...new Set(outcomes)]));
    expect(outcomes).toContain('BATCH_FULL');
    expect(counts).toMatchObject({ passed: 20, inWork: 0, open: 0 });
  });

  it('counts a board once however often it is reworked, and shows it apart', async () => {
    const batch = await makeBatch(2);
    const run = {
      batch,
      station: 'line 1',
      slot: 1,
      mac: macOf(1),
      alreadyDone: false,
      stagesMs: {},
      startedMs: 1,
      endedMs: 2,
    };
    const first = await claimAt(one, batch, 1);
    await one.batches.failed(first.id);
    const failedRun = {
      ...run,
      id: crypto.randomUUID(),
      passed: false,
      code: 'LINK_TIMEOUT',
      stage: 'write',
    };
    await one.runs.record([failedRun]);
    await one.runs.record([failedRun]);
    expect((await one.batches.get(batch)).counts).toMatchObject({ passed: 0, failed: 1, open: 2 });
    for (let round = 0; round < 3; round++) await pass(two, await claimAt(two, batch, 1), 1);
    expect((await one.batches.get(batch)).counts).toMatchObject({
      passed: 1,
      reworked: 1,
      failed: 0,
      open: 1,
    });
    expect(await one.batches.units(batch)).toMatchObject([{ mac: macOf(1), state: 'passed', failedRuns: 1 }]);
    expect(await one.runs.read({ batch })).toHaveLength(1);
  });

  it('reads runs page by page, and not more of them than a process can hold', async () => {
    const batch = await makeBatch(1);
    const made = Array.from({ length: 7 }, (_, slot) => ({
      ...{ id: crypto.randomUUID(), batch, station: 'line 1', slot, passed: true, alreadyDone: false },
      ...{ stagesMs: {}, startedMs: 1, endedMs: slot < 5 ? 2 : 3 },
    }));
    await one.runs.record(made);
    const { database } = await openDatabase({ dataDir });
    try {
      const slots = async (most: number): Promise<number[]> => {
        const runs = await new PostgresRuns(database, { page: 2, most }).read({ batch });
        return runs.map(({ slot }) => slot).sort();
      };
      expect(await slots(7)).toEqual([0, 1, 2, 3, 4, 5, 6]);
      await expect(slots(6)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      expect((await one.batches.list()).find(({ name }) => name === batch)).toEqual(
        await one.batches.get(batch),
      );
    } finally {
      await database.close();
    }
  });

  it('tells a board that passed before what it holds, and lets it in when the batch is full', async () => {
    const batch = await makeBatch(1);
    await pass(one, await claimAt(one, batch, 1), 1);
    expect((await claimAt(two, batch, 1)).earlier).toEqual(image);
    await expect(claimAt(two, batch, 2)).rejects.toMatchObject({ code: 'BATCH_FULL' });
  });

  it('gives the place of a dead station away, and refuses what that station says later', async () => {
    const batch = await makeBatch(1);
    const lost = await claimAt(one, batch, 1, 'dead');
    await expect(claimAt(two, batch, 2)).rejects.toMatchObject({
      code: 'BATCH_BUSY',
      details: { reserved: 1 },
    });
    await expire(lost);
    await pass(two, await claimAt(two, batch, 2), 2);
    await expect(pass(one, lost, 1)).rejects.toMatchObject({ code: 'BATCH_PLACE_LOST' });
    expect((await one.batches.get(batch)).counts).toMatchObject({ passed: 1, open: 0 });
  });

  it('accepts a late pass while there is room for it, and the same pass again', async () => {
    const batch = await makeBatch(1);
    const late = await claimAt(one, batch, 1);
    await expire(late);
    await pass(one, late, 1);
    await pass(one, late, 1);
    expect((await one.batches.get(batch)).counts.passed).toBe(1);
  });

  it('keeps the places of a station that is heard of', async () => {
    const batch = await makeBatch(1);
    const claim = await claimAt(one, batch, 1);
    await sql(`update batch_units set lease_until = now() + interval '1 second' where claim_id = $1`, [
      claim.id,
    ]);
    const heartbeat = {
      station: 'line 1',
      host: 'h',
      batch,
      mode: 'running',
      slots: 4,
      running: 1,
      claims: [claim.id],
    };
    await one.batches.heartbeat(heartbeat);
    await sql(`select pg_sleep(1.1)`);
    await expect(claimAt(two, batch, 2)).rejects.toMatchObject({ code: 'BATCH_BUSY' });
    const [station] = (await two.batches.stations()).filter(({ station: name }) => name === 'line 1');
    expect(station).toMatchObject({ batch, running: 1, alive: true });
  });

  it('refuses boards while it is paused, closed or made for another profile', async () => {
    const batch = await makeBatch(5);
    await one.batches.setState(batch, 'paused', 'wrong label paper', 'tester');
    await expect(claimAt(one, batch, 1)).rejects.toThrow(/paused \(wrong label paper\).*batch resume WO-/);
    const stopped = { code: 'LINK_TIMEOUT', count: 6, station: 'line-4' } as const;
    await one.batches.setState(batch, 'open', '', 'tester');
    expect(await one.batches.setState(batch, 'paused', stopped, 'line-4')).toMatchObject({
      reason: '',
      stopped,
    });
    await expect(claimAt(one, batch, 1)).rejects.toThrow('paused (6 times LINK_TIMEOUT in a row on line-4)');
    expect(await one.batches.setState(batch, 'open', '', 'tester')).toMatchObject({ stopped: undefined });
    const other = { batch, mac: macOf(1), station: 's', profile: { name: 'sensor', version: 4 } };
    await expect(one.batches.claim(other)).rejects.toMatchObject({ code: 'BATCH_PROFILE_DIFFERS' });
    expect(await one.batches.setState(batch, 'closed', '', 'lead')).toMatchObject({ closedBy: 'lead' });
    await expect(one.batches.setState(batch, 'open', '', 'x')).rejects.toMatchObject({
      code: 'BATCH_NOT_OPEN',
    });
  });

  it('asks before there are more than ordered: the quantity is raised by a person', async () => {
    const batch = await makeBatch(1);
    await pass(one, await claimAt(one, batch, 1), 1);
    await expect(one.batches.setQuantity(batch, 0)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await one.batches.setQuantity(batch, 2);
    await pass(one, await claimAt(one, batch, 2), 2);
    expect((await one.batches.get(batch)).counts.passed).toBe(2);
  });
});

describe('serial numbers', () => {
  it('are given once each, stay with their board, and go on in the next batch of the same template', async () => {
    const template = { serialTemplate: 'ZC-{0000}' };
    const [first, second] = [await makeBatch(30, template), await makeBatch(30, template)];
    const claims = await Promise.all(
      Array.from({ length: 30 }, (_, board) =>
        claimAt(board % 2 ? one : two, board % 3 ? first : second, board),
      ),
    );
    const serials = claims.map(({ serial }) => serial ?? '').sort();
    expect(serials).toEqual(
      Array.from({ length: 30 }, (_, index) => `ZC-${String(index + 1).padStart(4, '0')}`),
    );
    expect((await claimAt(one, second, 3)).serial).toBe(claims[3]?.serial);
  });

  it('from a template that is none are refused', async () => {
    await expect(makeBatch(1, { serialTemplate: 'ZC-0000' }).then(() => 1)).rejects.toThrow(/ZC-\{0000\}/);
  });
});

describe('identifiers from a list', () => {
  const row = (n: number) => ({
    line: n + 1,
    serial: `ERP-${n}`,
    uuid: uuidOf(0xabc00 + n),
    psk: String(n).padStart(32, '0'),
  });

  it('are claimed exactly once, in order, and their keys are not readable in the table', async () => {
    const batch = await makeBatch(10);
    await one.batches.importIdentifiers(batch, [1, 2, 3].map(row), 'ids.csv');
    const claims = await Promise.all([1, 2, 3].map((board) => claimAt(board % 2 ? one : two, batch, board)));
    expect(claims.map(({ serial }) => serial).sort()).toEqual(['ERP-1', 'ERP-2', 'ERP-3']);
    expect(claims.every(({ psk }) => /^0{31}[123]$/.test(psk ?? ''))).toBe(true);
    expect(JSON.stringify(claims)).not.toContain('00000000000000000001');
    await expect(claimAt(one, batch, 4)).rejects.toMatchObject({ code: 'BATCH_IDENTIFIERS_USED_UP' });
    expect((await claimAt(two, batch, 1)).serial).toBe(claims[0]?.serial);
    await sql(
      `do $$ begin assert not exists (select from batch_identifiers where psk_secret like '0000%'); end $$`,
    );
  });

  it('are imported all or none', async () => {
    const batch = await makeBatch(10);
    const rows = [row(20), row(21), { ...row(22), serial: 'ERP-20' }];
    await expect(one.batches.importIdentifiers(batch, rows, 'ids.csv')).rejects.toThrow(
      /ids\.csv:23: ERP-20 or .* taken/,
    );
    expect((await one.batches.get(batch)).counts).not.toHaveProperty('identifiersLeft');
  });
});

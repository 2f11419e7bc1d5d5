// Reserved units: boards made out of reach are counted once, and never more of them than were asked for.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/core/profile/parse.js';
import type { ValueRow } from '../../src/core/values/rows.js';
import { PostgresValues } from '../../src/registry/values/postgres-values.js';
import { toolAvailable } from '../support/reference-tools.js';
import { otherPostgresBin } from './other-postgres.js';
import { image, macOf, ReservedRig, profile, uuidOf } from './reserved-rig.js';

const binDir = otherPostgresBin();
const homes = [{ kind: 'the embedded PostgreSQL', bin: undefined as string | undefined }];
if (toolAvailable('a PostgreSQL of another major version', binDir)) {
  homes.push({ kind: `the PostgreSQL of ${binDir}`, bin: binDir });
}

/** Of all files below a folder. */
const readTexts = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');

describe.each(homes)('reserved units on $kind', ({ bin }) => {
  let rig: ReservedRig;
  let plain: ReservedRig['plain'];
  beforeAll(async () => {
    rig = await ReservedRig.start(bin);
    plain = rig.plain;
  });
  afterAll(() => rig.stop());

  it('are held while a batch has plenty, shown with their station, and given back on a normal stop', async () => {
    const batch = await rig.makeBatch(20);
    const line = rig.station(4);
    await line.heartbeat(batch);
    expect((await plain.get(batch)).counts).toMatchObject({ held: 4, open: 16 });
    expect(await plain.reservedUnits(batch)).toMatchObject([{ station: line.name, units: 4, inReach: true }]);
    await line.heartbeat(batch);
    expect((await plain.get(batch)).counts.held).toBe(4);
    await line.batches.close();
    expect((await plain.get(batch)).counts).toMatchObject({ held: 0, open: 20 });
    expect((await plain.claim({ batch, mac: macOf(1), station: 's', profile })).serial).toMatch(/-001$/);
  });

  it('let boards pass out of reach, count them once when it is over, and are filled up again', async () => {
    const batch = await rig.makeBatch(40);
    const line = rig.station(3);
    await line.heartbeat(batch);
    line.way.state = 'cut';
    const made = [await line.make(batch, 1), await line.make(batch, 2), await line.make(batch, 3)];
    await expect(line.claim(batch, 4)).rejects.toMatchObject({
      code: 'RESERVED_UNITS_USED_UP',
      retryable: true,
    });
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 0, held: 3 });
    line.way.state = 'open';
    await line.heartbeat(batch);
    await line.heartbeat(batch);
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 3, held: 3, open: 34 });
    const units = await plain.units(batch);
    expect(units.map(({ serial }) => serial).sort()).toEqual(made.map(({ serial }) => serial).sort());
    expect(units).toMatchObject(
      [1, 2, 3].map((board) => ({ mac: macOf(board), uuid: uuidOf(board), state: 'passed' })),
    );
  });

  it('are counted and filled up though the database refuses what one of the boards was', async () => {
    const batch = await rig.makeBatch(40);
    const line = rig.station(3);
    await line.heartbeat(batch);
    line.way.state = 'cut';
    const poison = await line.claim(batch, 1);
    await line.batches.passed(poison.id, { uuid: uuidOf(1), chip: 'esp\0', image });
    await line.make(batch, 2);
    line.way.state = 'open';
    for (let times = 0; times < 2; times++)
      await expect(line.heartbeat(batch)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
    expect(await plain.units(batch)).toMatchObject([{ mac: macOf(2), state: 'passed' }]);
    // The unit of the refused one is held still, and two more are.
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 1, held: 4 });
  });

  it('go to one board each, however many come at once', async () => {
    const batch = await rig.makeBatch(40);
    const line = rig.station(4);
    await line.heartbeat(batch);
    line.way.state = 'cut';
    // The first one finds out that the database is gone; those behind it hear so at once.
    await line.make(batch, 1);
    const claims = await Promise.all([2, 3, 4].map((board) => line.claim(batch, board)));
    expect(new Set(claims.map(({ id }) => id)).size).toBe(3);
    expect(new Set(claims.map(({ serial }) => serial)).size).toBe(3);
  });

  it('count a board of an answered claim that is proven when the database is gone already', async () => {
    const batch = await rig.makeBatch(40);
    const line = rig.station(2);
    await line.heartbeat(batch);
    const claim = await line.claim(batch, 1);
    line.way.state = 'cut';
    await line.batches.passed(claim.id, { uuid: uuidOf(1), chip: 'esp32', image });
    line.way.state = 'open';
    await line.heartbeat(batch);
    expect(await plain.units(batch)).toMatchObject([
      { mac: macOf(1), serial: claim.serial, state: 'passed' },
    ]);
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 1, inWork: 0, held: 2 });
  });

  it('count a board once that was counted at another station meanwhile', async () => {
    const batch = await rig.makeBatch(20);
    const [line, other] = [rig.station(4), rig.station(0)];
    await line.heartbeat(batch);
    line.way.state = 'cut';
    await line.make(batch, 1);
    await other.make(batch, 1);
    line.way.state = 'open';
    await line.heartbeat(batch);
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 1, open: 15, held: 4 });
  });

  it('tell everything once, also when the answers are lost', async () => {
    const batch = await rig.makeBatch(20);
    const line = rig.station(4);
    await line.heartbeat(batch);
    line.way.state = 'cut';
    await line.make(batch, 1);
    const failed = await line.claim(batch, 2);
    await line.batches.failed(failed.id);
    for (const state of ['unheard', 'unheard', 'open'] as const) {
      line.way.state = state;
      await line.heartbeat(batch).catch(() => undefined);
    }
    await line.heartbeat(batch);
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 1, held: 4, open: 15 });
  });

  it('lose no place whose drawing was not heard of', async () => {
    const batch = await rig.makeBatch(20);
    const line = rig.station(4);
    await line.heartbeat();
    const { database } = line.way;
    const { transaction } = database;
    database.transaction = (what, work) => {
      line.way.state = what === 'draw units' ? 'unheard' : 'open';
      return transaction(what, work);
    };
    await expect(line.heartbeat(batch)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    database.transaction = transaction;
    line.way.state = 'open';
    await line.heartbeat(batch);
    expect((await plain.get(batch)).counts).toMatchObject({ held: 4, open: 16 });
  });

  it('survive the death of their station: the next start tells of its boards and gives the rest back', async () => {
    const batch = await rig.makeBatch(20);
    const line = rig.station(4);
    await line.heartbeat(batch);
    line.way.state = 'cut';
    const first = await line.make(batch, 1);
    await line.claim(batch, 2);
    // The process is gone: nothing is closed. Its segment belongs to nobody that lives.
    line.die();
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 0, held: 4 });
    const again = rig.station(4, line.name);
    await again.heartbeat();
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 1, held: 0, open: 19 });
    expect(await plain.units(batch)).toMatchObject([
      { mac: macOf(1), state: 'passed', serial: first.serial },
      { mac: macOf(2), state: 'abandoned' },
    ]);
  });

  it('go on to the last board of a batch with several stations in reach, and no serial number is left out', async () => {
    const batch = await rig.makeBatch(12);
    const lines = [rig.station(8), rig.station(8), rig.station(8)];
    let board = 0;
    for (let round = 0; (await plain.get(batch)).counts.passed < 12; round++) {
      expect(round).toBeLessThan(10);
      for (const line of lines) {
        await line.heartbeat(batch);
        await line.make(batch, ++board).catch(() => undefined);
      }
    }
    const serials = (await plain.units(batch)).map(({ serial }) => Number(serial?.slice(-3)));
    expect(serials.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 12, held: 0, open: 0 });
  });

  it('of a station out of reach are never given to others; those wait and say so', async () => {
    const batch = await rig.makeBatch(8);
    const [line, other] = [rig.station(2), rig.station(0)];
    await line.heartbeat(batch);
    line.way.state = 'cut';
    for (let board = 10; board < 16; board++) await other.make(batch, board);
    await expect(other.make(batch, 20)).rejects.toThrow(/reserved by stations \(2\)/);
    await line.make(batch, 1);
    await line.make(batch, 2);
    line.way.state = 'open';
    await line.heartbeat(batch);
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 8, held: 0, open: 0 });
  });

  it('go to others when a person releases them; what their station made counts only while there is room', async () => {
    const batch = await rig.makeBatch(8);
    const [line, other] = [rig.station(2), rig.station(0)];
    await line.heartbeat(batch);
    line.way.state = 'cut';
    await line.make(batch, 1);
    await line.make(batch, 2);
    expect(await plain.releaseUnits(batch, line.name, { reason: 'burnt down', who: 'lead' })).toBe(2);
    for (let board = 10; board < 17; board++) await other.make(batch, board);
    line.way.state = 'open';
    await expect(line.heartbeat(batch)).rejects.toMatchObject({ code: 'BATCH_PLACE_LOST' });
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 8, held: 0, open: 0 });
    await line.heartbeat(batch);
    const kinds = await rig.open.database.transaction('read', (client) =>
      client.query<{ kind: string }>(`select kind from events where kind like 'batch unit%' order by id`),
    );
    expect(kinds.rows.map(({ kind }) => kind)).toEqual(['batch units released', 'batch unit lost']);
  });

  it('keep the identifiers of a list: drawn once, kept sealed, free again when no board used them', async () => {
    const batch = await rig.makeBatch(8);
    const rows = [1, 2, 3, 4].map((n) => ({
      line: n,
      serial: `L${rig.batchCount}-${n}`,
      psk: String(n).padStart(32, '0'),
    }));
    await plain.importIdentifiers(batch, rows, 'ids.csv');
    const line = rig.station(2);
    await line.heartbeat(batch);
    expect((await plain.get(batch)).counts).toMatchObject({ held: 2, identifiersLeft: 2 });
    line.way.state = 'cut';
    const claim = await line.make(batch, 1);
    expect(claim).toMatchObject({ serial: `L${rig.batchCount}-1`, psk: '1'.padStart(32, '0') });
    line.way.state = 'open';
    await line.batches.close();
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 1, held: 0, identifiersLeft: 3 });
    const known = await plain.claim({ batch, mac: macOf(1), station: 's', profile });
    expect(known.serial).toBe(claim.serial);
  });

  it('have rows of a list of values with them: each for one board, sealed, also when its station is killed', async () => {
    const list = `pins ${rig.batchCount}`;
    const text = (match: string): string =>
      `name: sensor\nvalues: {list: ${list}, match: ${match}, columns: [{name: pin, secret: true}, {name: sku}]}\n`;
    const values = new PostgresValues(rig.open.database, rig.open.box);
    const columns = parseProfile(text('next'), 'p').values?.columns ?? [];
    async function* rows(): AsyncGenerator<ValueRow> {
      await Promise.resolve();
      for (let n = 1; n <= 12; n++) yield { line: n, values: { pin: `c4nary-${n}`, sku: `S${n}` } };
    }
    await values.add(list, columns, rows, { file: 'pins.csv' });
    const batch = await rig.makeBatch(40, text('next'));
    const line = rig.station(8);
    await line.heartbeat(batch);
    // A quarter of the rows, which are less than a quarter of the units.
    expect((await plain.get(batch)).counts).toMatchObject({ held: 3 });
    expect((await values.lists()).find(({ name }) => name === list)?.counts).toMatchObject({
      free: 9,
      reserved: 3,
    });
    expect(await values.rows(list, { state: 'reserved', limit: 1 })).toMatchObject([
      { number: 1, state: 'reserved', reservedBy: line.name },
    ]);
    expect(await values.rows(list, { state: 'free', limit: 1 })).toMatchObject([{ number: 4 }]);
    const online = await values.claim({ list, match: 'next', mac: macOf(9), uuid: 'u' });
    expect(online.stored).toEqual({ pin: 'c4nary-4', sku: 'S4' });
    line.way.state = 'cut';
    const claims = [await line.make(batch, 1), await line.claim(batch, 2)];
    expect(claims.map(({ row }) => row?.stored)).toEqual([
      { pin: 'c4nary-1', sku: 'S1' },
      { pin: 'c4nary-2', sku: 'S2' },
    ]);
    expect(JSON.stringify(claims)).not.toContain('c4nary');
    // The board that comes again, and one that its own row is not known of any more.
    expect((await line.claim(batch, 2)).row?.number).toBe(2);
    line.die();
    expect(readTexts(join(rig.folder, line.name))).not.toContain('c4nary');
    const again = rig.station(8, line.name);
    again.way.state = 'cut';
    expect((await again.claim(batch, 3)).row?.stored['sku']).toBe('S3');
    await again.batches.passed((await again.claim(batch, 3)).id, { uuid: uuidOf(3), chip: 'esp32', image });
    again.way.state = 'open';
    await again.heartbeat(batch);
    const used = await values.rows(list, { state: 'used' });
    expect(used.map(({ number, mac }) => [number, mac])).toEqual([
      [1, macOf(1)],
      [2, macOf(2)],
      [3, macOf(3)],
      [4, macOf(9)],
    ]);
    expect((await values.claim({ list, match: 'next', mac: macOf(2), uuid: 'u' })).number).toBe(2);
    // A board with a row of its own, made once more out of reach: the older row is nobody's any more.
    again.way.state = 'cut';
    const second = await again.make(batch, 9);
    again.way.state = 'open';
    await again.heartbeat(batch);
    expect(await values.held(list, macOf(9))).toMatchObject({ number: second.row?.number });
    expect(await values.rows(list, { state: 'scrapped' })).toMatchObject([{ number: 4, mac: macOf(9) }]);
    // The last rows are those that the station has reserved: it gives them back for a board that asks the database.
    const taken = [
      ...(await values.rows(list, { state: 'used' })),
      ...(await values.rows(list, { state: 'scrapped' })),
    ];
    for (let n = taken.length; ; n++) {
      const claimed = await values
        .claim({ list, match: 'next', mac: macOf(20 + n), uuid: 'u' })
        .catch(String);
      if (typeof claimed !== 'string') continue;
      expect(claimed).toMatch(/no free row left: stations have reserved the last [1-9]/);
      break;
    }
    await again.batches.giveBack();
    expect((await values.claim({ list, match: 'next', mac: macOf(60), uuid: 'u' })).columns).toHaveLength(2);
  });

  it('give a board that comes again out of reach the same place and tell what it holds', async () => {
    const batch = await rig.makeBatch(40);
    const line = rig.station(2);
    await line.heartbeat(batch);
    const before = await line.make(batch, 1);
    line.way.state = 'cut';
    const again = await line.make(batch, 1);
    expect(again).toMatchObject({ serial: before.serial, earlier: image });
    expect((await line.claim(batch, 1)).id).toBe(again.id);
    await line.batches.failed(again.id);
    await line.make(batch, 1);
    line.way.state = 'open';
    await line.heartbeat(batch);
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 1, held: 2, open: 37 });
  });
});

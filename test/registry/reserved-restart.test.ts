// The reserved units of a station outlive its process: the next one goes on with them, in the outage too.
import { mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReservedUnits } from '../../src/registry/batches/reserved/reserved-units.js';
import { OfflineBatches } from '../../src/registry/batches/reserved/offline-batches.js';
import { RecentUnits } from '../../src/registry/batches/reserved/recent-units.js';
import type { Claim } from '../../src/registry/index.js';
import { sealedBox } from '../../src/registry/store/secrets/secret-box.js';
import { image, macOf, OWN_KEYS, ReservedRig, profile, type TestStation, uuidOf } from './reserved-rig.js';

describe('reserved units, in the next start of a station that is out of reach still', () => {
  let rig: ReservedRig;
  let plain: ReservedRig['plain'];
  beforeAll(async () => {
    rig = await ReservedRig.start();
    plain = rig.plain;
  });
  afterAll(() => rig.stop());

  /** Three units are held; one board has passed, another was being made when the process was killed. */
  async function killedStation(): Promise<{
    batch: string;
    line: TestStation;
    first: Claim;
    second: Claim;
  }> {
    const batch = await rig.makeBatch(40);
    const line = rig.station(3);
    await line.heartbeat(batch);
    line.way.state = 'cut';
    const [first, second] = [await line.make(batch, 1), await line.claim(batch, 2)];
    line.die();
    return { batch, line, first, second };
  }

  function startedCut(home: string): TestStation {
    const again = rig.station(3, home);
    again.way.state = 'cut';
    return again;
  }

  it('are not taken for free while the file cannot be read that says which boards have taken some', async () => {
    const { batch, line, first } = await killedStation();
    const root = join(rig.folder, line.name, 'spool/units');
    const [path = ''] = readdirSync(root).map((name) => join(root, name, '1.log'));
    renameSync(path, `${path}.spare`);
    // The superuser may read everything: a folder where a file is wanted cannot be read by anybody.
    mkdirSync(path);
    const again = startedCut(line.name);
    await expect(again.claim(batch, 1)).rejects.toMatchObject({
      code: 'SPOOL_UNREADABLE',
      details: { path },
    });
    rmdirSync(path);
    renameSync(`${path}.spare`, path);
    expect((await again.make(batch, 1)).serial).toBe(first.serial);
  });

  it('are used up by further boards, and every board counts once when the database is back', async () => {
    const { batch, line, first, second } = await killedStation();
    const again = startedCut(line.name);
    expect(await again.batches.order({ batch, station: line.name })).toMatchObject({
      name: batch,
      profile,
    });
    expect((await again.make(batch, 1)).serial).toBe(first.serial);
    expect((await again.make(batch, 2)).serial).toBe(second.serial);
    await again.make(batch, 3);
    await expect(again.claim(batch, 4)).rejects.toMatchObject({ code: 'RESERVED_UNITS_USED_UP' });
    expect(await again.batches.away({ batch, station: line.name })).toMatchObject({ made: 3, left: 0 });
    again.way.state = 'open';
    await again.heartbeat(batch);
    expect(await again.batches.away({ batch, station: line.name })).toBeUndefined();
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 3, held: 3, open: 34 });
    const serials = (await plain.units(batch)).map(({ serial }) => serial);
    expect(new Set(serials).size).toBe(3);
  });

  it('belong to one process only, however many start at once', async () => {
    const { batch, line } = await killedStation();
    const starts = [1, 2, 3].map(() => startedCut(line.name));
    const boards = starts.flatMap((start, at) => [3, 4].map((board) => start.make(batch, board + 10 * at)));
    const made = (await Promise.allSettled(boards)).filter(({ status }) => status === 'fulfilled');
    expect(made).toHaveLength(1);
  });

  it('stay with a process that lives', async () => {
    const batch = await rig.makeBatch(40);
    const line = rig.station(3);
    await line.heartbeat(batch);
    const again = startedCut(line.name);
    await expect(again.claim(batch, 1)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });

  it('are not for a station of another name', async () => {
    const { batch, line } = await killedStation();
    const other = startedCut(line.name);
    const maker = { batch, station: 'another' };
    await expect(other.batches.order(maker)).rejects.toMatchObject({ code: 'BATCH_OUT_OF_REACH' });
    const again = startedCut(line.name);
    await again.make(batch, 3);
  });

  it('are there after a stop in the outage too', async () => {
    const batch = await rig.makeBatch(40);
    const line = rig.station(3);
    await line.heartbeat(batch);
    line.way.state = 'cut';
    await line.make(batch, 1);
    await line.batches.close();
    const again = startedCut(line.name);
    await again.make(batch, 2);
    await again.make(batch, 3);
    again.way.state = 'open';
    await again.heartbeat();
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 3, held: 0, open: 37 });
  });

  it('leave a board that had passed before the outage the unit that it was', async () => {
    const batch = await rig.makeBatch(40);
    const line = rig.station(3);
    await line.heartbeat(batch);
    const before = await line.make(batch, 1);
    await line.batches.close();
    const again = startedCut(line.name);
    // Its own units went back when it was stopped; those of a process that is killed later stay.
    again.way.state = 'open';
    await again.heartbeat(batch);
    again.die();
    const third = startedCut(line.name);
    const claim = await third.claim(batch, 1);
    expect(claim).toMatchObject({ serial: before.serial, earlier: { md5: image.md5 } });
    await third.batches.passed(claim.id, { uuid: uuidOf(1), chip: 'esp32', image });
    const fresh = await third.make(batch, 2);
    expect(fresh.serial).not.toBe(before.serial);
    third.way.state = 'open';
    await third.heartbeat(batch);
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 2, held: 3, open: 35 });
    const units = await plain.units(batch);
    expect(units.find(({ mac }) => mac === macOf(1))?.serial).toBe(before.serial);
  });

  it('need no key of the database for the keys of a list', async () => {
    const batch = await rig.makeBatch(12);
    const rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((line) => ({
      line,
      psk: `a${line}`.padStart(32, '0'),
    }));
    await plain.importIdentifiers(batch, rows, 'ids.csv');
    const line = rig.station(3);
    await line.heartbeat(batch);
    line.die();
    const again = new OfflineBatches({
      database: startedCut(line.name).way.database,
      sharedBox: sealedBox([]),
      ownKeys: OWN_KEYS,
      reservedUnits: new ReservedUnits(join(rig.folder, line.name)),
      recent: new RecentUnits(join(rig.folder, line.name)),
      units: 3,
    });
    const claim = await again.claim({ batch, mac: macOf(1), station: line.name, profile }).catch(String);
    expect(claim).toMatchObject({ psk: 'a1'.padStart(32, '0') });
    await again.close();
  });

  it('go back when it is there for another batch, or when a person has released them', async () => {
    const { batch, line } = await killedStation();
    const other = await rig.makeBatch(40);
    const again = rig.station(3, line.name);
    await again.heartbeat(other);
    expect((await plain.get(batch)).counts).toMatchObject({ passed: 1, held: 0, open: 39 });

    await again.heartbeat(batch);
    again.die();
    await plain.releaseUnits(batch, line.name, { reason: 'burnt down', who: 'lead' });
    const third = rig.station(0, line.name);
    await third.heartbeat(batch);
    await third.batches.close();
    expect((await plain.get(batch)).counts).toMatchObject({ held: 0, open: 39 });
    expect(readdirSync(join(rig.folder, line.name, 'spool/units'))).toEqual([]);
  });

  it('are no units any more once the database was asked to take them back', async () => {
    const batch = await rig.makeBatch(40);
    const line = rig.station(3);
    await line.heartbeat(batch);
    const { database } = line.way;
    const { transaction } = database;
    database.transaction = (what, work) => {
      line.way.state = what === 'return units' ? 'unheard' : 'open';
      return transaction(what, work);
    };
    await expect(line.heartbeat()).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    line.die();
    const again = startedCut(line.name);
    await expect(again.claim(batch, 1)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });
});

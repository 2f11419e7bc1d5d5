// Runs that end in an outage: on the disk, told once in their order, and nothing of it while the database answers.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EspmintError } from '../../core/errors/index.js';
import { abandonAll } from '../spool/testing/abandon.js';
import { listDeadLetters, retryDeadLetters } from '../spool/dead-letters.js';
import { inspectSpool } from '../spool/inspect.js';
import { KeptRuns } from './kept-runs.js';
import type { RunRecord, Runs } from './runs.js';

let folder: string;
let isAway = false;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'espmint-runs-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const UNREACHABLE = new EspmintError('REGISTRY_UNREACHABLE', { target: 'test', reason: 'cut' });

/** A database that fails with `failure` while that is set, and writes what it is told into `ids`. */
class FakeRuns implements Runs {
  failure: EspmintError | undefined;
  readonly ids: string[] = [];

  record(runs: readonly RunRecord[]): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.ids.push(...runs.map(({ id }) => id).filter((id) => !this.ids.includes(id)));
    return Promise.resolve();
  }

  read = (): Promise<RunRecord[]> => Promise.resolve([]);
  catchUp = (): Promise<void> => Promise.resolve();
  close = (): Promise<void> => Promise.resolve();
}

function run(id: string, batch?: string): RunRecord {
  const outcome = { passed: true, alreadyDone: false, stagesMs: {}, startedMs: 0, endedMs: 1 };
  return { id, batch, station: 'line 1', slot: 1, ...outcome };
}

const log = (): string => join(folder, 'spool/runs');
const segments = (): string[] => readdirSync(log());

describe('runs that the database cannot be told of', () => {
  it('are told in their order when it is back, also by the next process', async () => {
    const database = new FakeRuns();
    const killed = await KeptRuns.open(folder, database, () => isAway);
    await killed.record([run('1')]);
    database.failure = UNREACHABLE;
    await killed.record([run('2')]);
    await killed.record([run('3')]);
    abandonAll(log());
    const next = await KeptRuns.open(folder, database, () => isAway);
    await next.catchUp();
    expect(database.ids).toEqual(['1']);
    database.failure = undefined;
    await next.catchUp();
    expect(database.ids).toEqual(['1', '2', '3']);
    await next.close();
    expect(segments()).toEqual([]);
  });

  it('are on the disk before it is known that nobody answers', async () => {
    const database = new FakeRuns();
    let fail: (error: unknown) => void = () => undefined;
    database.record = () => new Promise((_, reject) => (fail = reject));
    const kept = await KeptRuns.open(folder, database, () => isAway);
    const recorded = kept.record([run('1')]);
    await expect.poll(() => segments().length, { timeout: 10_000 }).toBe(1);
    fail(UNREACHABLE);
    await recorded;
    await kept.close();
    expect(segments()).toHaveLength(1);
  });

  it('are on the disk at once when it is known', async () => {
    isAway = true;
    const database = new FakeRuns();
    const kept = await KeptRuns.open(folder, database, () => isAway);
    await kept.record([run('1')]);
    expect(segments()).toHaveLength(1);
    isAway = false;
    await kept.catchUp();
    expect(database.ids).toEqual(['1']);
    await kept.close();
  });

  it('leave no trace while it answers', async () => {
    const kept = await KeptRuns.open(folder, new FakeRuns(), () => isAway);
    await kept.record([run('1')]);
    expect(segments()).toEqual([]);
    await kept.close();
  });

  it('lose their batch where that is gone, not their place in the figures', async () => {
    const database = new FakeRuns();
    const kept = await KeptRuns.open(folder, database, () => isAway);
    database.failure = UNREACHABLE;
    await kept.record([run('1', 'WO'), run('2')]);
    database.failure = undefined;
    const { record } = database;
    database.record = (synced) =>
      synced.every(({ batch }) => batch === undefined)
        ? record.call(database, synced)
        : Promise.reject(new EspmintError('BATCH_UNKNOWN', { batch: 'WO' }));
    await kept.catchUp();
    expect(database.ids).toEqual(['1', '2']);
    await kept.close();
    expect(segments()).toEqual([]);
  });
});

describe('a run that the database refuses for what it says', () => {
  /** It takes all but the runs of these stations. */
  class PickyRuns extends FakeRuns {
    readonly refused = new Map<string, EspmintError>();

    override record(runs: readonly RunRecord[]): Promise<void> {
      const failure = runs.map(({ station }) => this.refused.get(station)).find((one) => one !== undefined);
      return failure === undefined ? super.record(runs) : Promise.reject(failure);
    }
  }
  const DETAILS = { target: 'db', what: 'record runs', reason: 'invalid text [22021]' };
  const bad = (id: string): RunRecord => ({ ...run(id), station: 'bad' });
  const faults = async (): Promise<unknown[]> =>
    (await inspectSpool(folder)).map(({ code, details }) => ({ code, details }));

  it('waits for a person, who is told; the others go on, at once and after an outage', async () => {
    const database = new PickyRuns();
    database.refused.set('bad', new EspmintError('REGISTRY_REFUSED', DETAILS));
    const kept = await KeptRuns.open(folder, database, () => isAway);
    await kept.record([run('1'), bad('2'), run('3')]);
    database.failure = UNREACHABLE;
    await kept.record([bad('4'), run('5')]);
    database.failure = undefined;
    await kept.catchUp();
    await kept.record([run('6')]);
    expect(database.ids).toEqual(['1', '3', '5', '6']);
    await kept.close();
    const dead = await listDeadLetters(folder);
    expect(dead.map(({ kind, id, reason }) => [kind, id, reason])).toEqual([
      ['run', '2', DETAILS.reason],
      ['run', '4', DETAILS.reason],
    ]);
    const synced = { code: 'SPOOL_DEAD_LETTER', details: { id: '2', mac: 'slot 1', reason: DETAILS.reason } };
    expect(await faults()).toContainEqual(synced);
    // Nobody tells the database again by himself.
    const next = await KeptRuns.open(folder, database, () => isAway);
    await next.catchUp();
    await next.close();
    expect(await listDeadLetters(folder)).toHaveLength(2);
  });

  it('is told again once a person has mended it, also by a process that runs already', async () => {
    const database = new PickyRuns();
    database.refused.set('bad', new EspmintError('REGISTRY_REFUSED', DETAILS));
    const kept = await KeptRuns.open(folder, database, () => isAway);
    await kept.record([bad('1'), bad('2')]);
    await expect(retryDeadLetters(folder, { id: 'no such' })).rejects.toMatchObject({
      code: 'DEAD_LETTER_UNKNOWN',
    });
    expect(await retryDeadLetters(folder, { id: '1', mended: { station: 'line 1' } })).toBe(1);
    await kept.catchUp();
    expect(database.ids).toEqual(['1']);
    expect((await listDeadLetters(folder)).map(({ id }) => id)).toEqual(['2']);
    expect(await retryDeadLetters(folder, { mended: { station: 'line 2' } })).toBe(1);
    await kept.catchUp();
    expect(database.ids).toEqual(['1', '2']);
    await kept.close();
    expect(segments()).toEqual([]);
  });

  it('keeps no other waiting when it fails for another reason, and is told another time', async () => {
    const database = new PickyRuns();
    database.refused.set('bad', new EspmintError('REGISTRY_FAILED', DETAILS));
    const kept = await KeptRuns.open(folder, database, () => isAway);
    await kept.record([bad('1'), run('2')]);
    expect(database.ids).toEqual(['2']);
    database.refused.clear();
    await kept.catchUp();
    expect(database.ids).toEqual(['2', '1']);
    await kept.close();
    expect(segments()).toEqual([]);
  });
});

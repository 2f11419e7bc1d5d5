// Runs that end in an outage: on the disk, told once in their order, and nothing of it while the database answers.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EspmintError } from '../../core/errors/index.js';
import { abandonAll } from '../spool/testing/abandon.js';
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

  it('leave no trace while it answers, and what it refuses is told', async () => {
    const database = new FakeRuns();
    const kept = await KeptRuns.open(folder, database, () => isAway);
    await kept.record([run('1')]);
    expect(segments()).toEqual([]);
    database.failure = new EspmintError('BATCH_UNKNOWN', { batch: 'WO' });
    await expect(kept.record([run('2', 'WO')])).rejects.toMatchObject({ code: 'BATCH_UNKNOWN' });
    await kept.close();
  });

  it('lose their batch where that is gone, not their place in the figures', async () => {
    const database = new FakeRuns();
    const kept = await KeptRuns.open(folder, database, () => isAway);
    database.failure = UNREACHABLE;
    await kept.record([run('1', 'WO'), run('2')]);
    database.failure = undefined;
    const { record } = database;
    database.record = (told) =>
      told.every(({ batch }) => batch === undefined)
        ? record.call(database, told)
        : Promise.reject(new EspmintError('BATCH_UNKNOWN', { batch: 'WO' }));
    await kept.catchUp();
    expect(database.ids).toEqual(['1', '2']);
    await kept.close();
    expect(segments()).toEqual([]);
  });
});

// Runs that the database cannot be sent to the database now are kept on this disk: an outage costs the figures nothing, also when the
// process that saw them is killed in it. While the database takes them, nothing is written here. One that it refuses for
// what it says is a dead letter: it waits for a person, and the others go on.
import { makePrivateDir } from '../../files/index.js';
import { isEspmintError } from '../../core/errors/index.js';
import { logFolder } from '../spool/inspect.js';
import { Log } from '../spool/log.js';
import { isDown } from '../store/outage.js';
import { type KeptRecord, unsyncedRuns } from './run-log-records.js';
import type { RunFilter, RunRecord, Runs } from './runs.js';

/** A database that has not answered by then may be out of reach: the run is on the disk before that is known. */
const SLOW_MS = 500;
const RUNS_AT_ONCE = 500;

export class KeptRuns implements Runs {
  readonly #runs: Runs;
  readonly #log: Log<KeptRecord>;
  readonly #isAway: () => boolean;
  /** By id, oldest first. */
  readonly #kept = new Map<string, RunRecord>();
  #catchingUp: Promise<void> | undefined;

  private constructor(runs: Runs, isAway: () => boolean, log: Log<KeptRecord>) {
    this.#runs = runs;
    this.#isAway = isAway;
    this.#log = log;
  }

  /**
   * Takes over what processes that are gone have kept.
   *
   * @param isAway whether the database is known to be out of reach: it is not even asked then
   * @throws FILE_UNWRITABLE, DISK_FULL
   */
  static async open(dataDir: string, runs: Runs, isAway: () => boolean): Promise<KeptRuns> {
    const folder = logFolder(dataDir, 'runs');
    await makePrivateDir(folder);
    const log = new Log<KeptRecord>(folder, { stillMatters: unsyncedRecords });
    const kept = new KeptRuns(runs, isAway, log);
    await kept.#adopt();
    return kept;
  }

  /**
   * Returns when the database knows them, or this disk does.
   *
   * @throws what says that the database can take in nothing at all, FILE_UNWRITABLE, DISK_FULL
   */
  async record(runs: readonly RunRecord[]): Promise<void> {
    if (this.#kept.size > 0 || this.#isAway()) return this.#keep(runs);
    let keeping: Promise<void> | undefined;
    const slow = setTimeout(() => {
      keeping = this.#keep(runs).catch(() => undefined);
    }, SLOW_MS);
    try {
      await this.#runs.record(runs);
      clearTimeout(slow);
      await keeping;
      await this.#synced(runs.filter(({ id }) => this.#kept.has(id)));
    } catch (error) {
      clearTimeout(slow);
      await keeping;
      if (!isDown(error) && !concernsOneRecord(error)) throw error;
      await this.#keep(runs);
      // The database answers, but refuses something of it: each is sent for itself.
      if (!isDown(error)) await this.catchUp();
    }
  }

  read(filter: RunFilter): Promise<RunRecord[]> {
    return this.#runs.read(filter);
  }

  catchUp(): Promise<void> {
    this.#catchingUp ??= this.#catchUp()
      .catch(() => undefined)
      .finally(() => (this.#catchingUp = undefined));
    return this.#catchingUp;
  }

  async close(): Promise<void> {
    await this.#catchingUp;
    await this.#log.close((records) => unsyncedRuns(records).length === 0);
  }

  async #keep(runs: readonly RunRecord[]): Promise<void> {
    const fresh = runs.filter(({ id }) => !this.#kept.has(id));
    await this.#log.append(...fresh.map((run) => ({ type: 'kept' as const, run })));
    for (const run of fresh) this.#kept.set(run.id, run);
  }

  async #synced(runs: readonly RunRecord[]): Promise<void> {
    if (runs.length === 0) return;
    await this.#log.append({ type: 'synced', ids: runs.map(({ id }) => id) });
    for (const { id } of runs) this.#kept.delete(id);
  }

  /** What processes that are gone have left, and what a person has mended. */
  async #adopt(): Promise<void> {
    const adopted = await this.#log.adopt(unsyncedRecords);
    for (const { run, dead } of unsyncedRuns(adopted)) if (dead === undefined) this.#kept.set(run.id, run);
  }

  async #catchUp(): Promise<void> {
    await this.#adopt();
    /** Those that fail without being refused: they are sent another time. */
    const left = new Set<string>();
    for (;;) {
      const runs = [...this.#kept.values()].filter(({ id }) => !left.has(id)).slice(0, RUNS_AT_ONCE);
      if (runs.length === 0) return;
      await this.#sync(runs, left);
    }
  }

  async #sync(runs: readonly RunRecord[], left: Set<string>): Promise<void> {
    try {
      await this.#runs.record(runs);
    } catch (error) {
      if (!concernsOneRecord(error)) throw error;
      const [run, ...others] = runs;
      if (others.length > 0) for (const single of runs) await this.#sync([single], left);
      else if (run !== undefined) await this.#syncOne(run, error, left);
      return;
    }
    await this.#synced(runs);
  }

  /** @param error what the database said to it */
  async #syncOne(run: RunRecord, error: unknown, left: Set<string>): Promise<void> {
    const { id, batch } = run;
    // Its database was set back to a time before that batch.
    if (isEspmintError(error, 'BATCH_UNKNOWN') && batch !== undefined)
      return this.#sync([{ ...run, batch: undefined }], left);
    if (!isEspmintError(error, 'REGISTRY_REFUSED')) {
      left.add(id);
      return;
    }
    const at = new Date().toISOString();
    await this.#log.append({ type: 'refused', id, at, reason: error.details.reason });
    this.#kept.delete(id);
  }
}

/** One record that cannot be sent does not keep the others from the database; what concerns all of them does. */
function concernsOneRecord(error: unknown): boolean {
  return RECORD_FAULTS.some((code) => isEspmintError(error, code));
}
const RECORD_FAULTS = ['BATCH_UNKNOWN', 'REGISTRY_REFUSED', 'REGISTRY_FAILED'] as const;

function unsyncedRecords(records: readonly KeptRecord[]): readonly KeptRecord[] {
  return unsyncedRuns(records).flatMap((unsynced) => unsynced.records);
}

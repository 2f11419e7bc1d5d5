// Runs that the database cannot be told of now are kept on this disk: an outage costs the figures nothing, also when the
// process that saw them is killed in it. While the database answers, nothing is written here.
import { makePrivateDir } from '../../files/index.js';
import { isEspmintError } from '../../core/errors/index.js';
import { logFolder } from '../spool/inspect.js';
import { Log } from '../spool/log.js';
import { isDown } from '../store/outage.js';
import type { RunFilter, RunRecord, Runs } from './runs.js';

type KeptRecord =
  | { readonly type: 'kept'; readonly run: RunRecord }
  /** The database refuses it for what it says: it is not told again. */
  | { readonly type: 'refused'; readonly id: string }
  /** The database knows them. */
  | { readonly type: 'told'; readonly ids: readonly string[] };

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
    const log = new Log<KeptRecord>(folder);
    const kept = new KeptRuns(runs, isAway, log);
    for (const record of await log.adopt(untoldOf)) {
      if (record.type === 'kept') kept.#kept.set(record.run.id, record.run);
    }
    return kept;
  }

  /** Returns when the database knows them, or this disk does. @throws as Runs.record, FILE_UNWRITABLE, DISK_FULL */
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
      await this.#told(runs.filter(({ id }) => this.#kept.has(id)));
    } catch (error) {
      clearTimeout(slow);
      await keeping;
      if (!isDown(error)) throw error;
      await this.#keep(runs);
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
    await this.#log.close((records) => untoldOf(records).length === 0);
  }

  async #keep(runs: readonly RunRecord[]): Promise<void> {
    const fresh = runs.filter(({ id }) => !this.#kept.has(id));
    await this.#log.append(...fresh.map((run) => ({ type: 'kept' as const, run })));
    for (const run of fresh) this.#kept.set(run.id, run);
  }

  async #told(runs: readonly RunRecord[]): Promise<void> {
    if (runs.length === 0) return;
    await this.#log.append({ type: 'told', ids: runs.map(({ id }) => id) });
    for (const { id } of runs) this.#kept.delete(id);
  }

  async #catchUp(): Promise<void> {
    while (this.#kept.size > 0) {
      const runs = [...this.#kept.values()].slice(0, RUNS_AT_ONCE);
      await this.#tell(runs);
      await this.#told(runs);
    }
  }

  async #tell(runs: readonly RunRecord[]): Promise<void> {
    try {
      await this.#runs.record(runs);
    } catch (error) {
      if (!isEspmintError(error, 'BATCH_UNKNOWN') && !isEspmintError(error, 'REGISTRY_REFUSED')) throw error;
      const [run, ...others] = runs;
      if (others.length > 0) for (const single of runs) await this.#tell([single]);
      // Its database was set back to a time before that batch.
      else if (run?.batch !== undefined) await this.#tell([{ ...run, batch: undefined }]);
      // Figures without one run of nonsense are better than no figures: no key is in it.
      else await this.#log.append(...runs.map(({ id }) => ({ type: 'refused' as const, id })));
    }
  }
}

function untoldOf(records: readonly KeptRecord[]): KeptRecord[] {
  const told = new Set(records.flatMap((record) => (record.type === 'told' ? record.ids : [])));
  return records.filter((record) => record.type === 'kept' && !told.has(record.run.id));
}

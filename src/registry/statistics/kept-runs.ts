// Runs that the database cannot be told of now are kept on this disk: an outage costs the figures nothing, also when the
// process that saw them is killed in it. While the database answers, nothing is written here.
import { join } from 'node:path';
import { isEspmintError } from '../../core/errors/index.js';
import { Segments } from '../journal/segments.js';
import { isDown } from '../outage.js';
import type { RunFilter, RunRecord, Runs } from './runs.js';

type KeptRecord =
  | { readonly type: 'kept'; readonly run: RunRecord }
  /** The database knows them. */
  | { readonly type: 'told'; readonly ids: readonly string[] };

/** A database that has not answered by then may be out of reach: the run is on the disk before that is known. */
const SLOW_MS = 500;

export class KeptRuns implements Runs {
  readonly #runs: Runs;
  readonly #segments: Segments<KeptRecord>;
  readonly #isAway: () => boolean;
  /** By id, oldest first. */
  readonly #kept = new Map<string, RunRecord>();
  #catchingUp: Promise<void> | undefined;

  private constructor(runs: Runs, isAway: () => boolean, segments: Segments<KeptRecord>) {
    this.#runs = runs;
    this.#isAway = isAway;
    this.#segments = segments;
  }

  /**
   * Takes over what processes that are gone have kept.
   *
   * @param isAway whether the database is known to be out of reach: it is not even asked then
   * @throws FILE_UNWRITABLE, DISK_FULL
   */
  static async open(dataDir: string, runs: Runs, isAway: () => boolean): Promise<KeptRuns> {
    const segments = await Segments.open<KeptRecord>(join(dataDir, 'station-runs'));
    const kept = new KeptRuns(runs, isAway, segments);
    for (const record of await segments.adopt(untoldOf)) {
      if (record.type === 'kept') kept.#kept.set(record.run.id, record.run);
    }
    return kept;
  }

  /** Returns when the database knows it, or this disk does. @throws as Runs.record, FILE_UNWRITABLE, DISK_FULL */
  async record(run: RunRecord): Promise<void> {
    if (this.#kept.size > 0 || this.#isAway()) return this.#keep(run);
    let keeping: Promise<void> | undefined;
    const slow = setTimeout(() => {
      keeping = this.#keep(run).catch(() => undefined);
    }, SLOW_MS);
    try {
      await this.#runs.record(run);
      clearTimeout(slow);
      await keeping;
      if (this.#kept.has(run.id)) await this.#told([run.id]);
    } catch (error) {
      clearTimeout(slow);
      await keeping;
      if (!isDown(error)) throw error;
      await this.#keep(run);
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
    await this.#segments.close((records) => untoldOf(records).length === 0);
  }

  async #keep(run: RunRecord): Promise<void> {
    if (this.#kept.has(run.id)) return;
    await this.#segments.append({ type: 'kept', run });
    this.#kept.set(run.id, run);
  }

  async #told(ids: readonly string[]): Promise<void> {
    await this.#segments.append({ type: 'told', ids });
    for (const id of ids) this.#kept.delete(id);
  }

  async #catchUp(): Promise<void> {
    const told: string[] = [];
    try {
      for (const run of [...this.#kept.values()]) {
        await this.#tell(run);
        told.push(run.id);
      }
    } finally {
      if (told.length > 0) await this.#told(told);
    }
  }

  async #tell(run: RunRecord): Promise<void> {
    try {
      await this.#runs.record(run);
    } catch (error) {
      if (!isEspmintError(error, 'BATCH_UNKNOWN')) throw error;
      // Its database was set back to a time before that batch.
      await this.#runs.record({ ...run, batch: undefined });
    }
  }
}

function untoldOf(records: readonly KeptRecord[]): KeptRecord[] {
  const told = new Set(records.flatMap((record) => (record.type === 'told' ? record.ids : [])));
  return records.filter((record) => record.type === 'kept' && !told.has(record.run.id));
}

// What a station does with the database that it shares: places in batches, the record of its runs, signs of life.
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { EspmintError } from '../core/errors/index.js';
import type { Away, Batch, Batches, ProfileVersion, Runs } from '../registry/index.js';
import type { Admit } from '../provision/admission.js';
import { BatchAdmission } from './batch-admission.js';
import type { EndedRun, PauseReason } from './events.js';
import { RunLog } from './run-log.js';
import type { Station } from './station.js';

export const HEARTBEAT_MS = 10_000;
/** Nobody who ends a station waits longer for a database that is out of reach. */
const LEAVE_MS = 2_000;

export interface SharedWork {
  /** Absent: a station without a database writes down its runs and nothing else. */
  readonly batches?: Batches | undefined;
  readonly runs: Runs;
}

/** Whose work it is, and for which batch. */
export interface WorkPlace {
  readonly station: string;
  readonly batch?: string | undefined;
}

export class StationWork {
  readonly #shared: SharedWork;
  /** Also those of earlier batches, for as long as one of their boards is worked on. */
  readonly #admissions = new Set<BatchAdmission>();
  /** By station and batch; also those of earlier ones, until the database knows their runs. */
  readonly #logs = new Map<string, RunLog>();

  constructor(shared: SharedWork) {
    this.#shared = shared;
  }

  /** The admission of a batch for boards that begin from now on. @throws DATABASE_MISSING */
  enter(batch: string, profile: ProfileVersion, station: string): Admit {
    const { batches } = this.#shared;
    if (batches === undefined) throw new EspmintError('DATABASE_MISSING', { what: 'Batches' });
    for (const admission of this.#admissions)
      if (admission.liveClaims.length === 0) this.#admissions.delete(admission);
    const admission = new BatchAdmission({ batches, batch, station, profile });
    this.#admissions.add(admission);
    return admission.admit;
  }

  ended(run: EndedRun, at: WorkPlace): void {
    const key = JSON.stringify([at.station, at.batch]);
    const log = this.#logs.get(key) ?? new RunLog({ runs: this.#shared.runs, ...at });
    this.#logs.set(key, log);
    log.add(run);
  }

  /** A cause that comes again and again stops the whole batch, on every station. */
  paused(reason: PauseReason, { station, batch }: WorkPlace): void {
    if (batch === undefined || reason.by !== 'rule') return;
    const { code, count } = reason;
    // An outage is no reason to stop here: the station itself is paused already.
    this.#shared.batches?.setState(batch, 'paused', { code, count, station }, station).catch(() => undefined);
  }

  /**
   * One sign of life: renews leases, writes down what waits, lets a station go on whose batch has places again.
   *
   * @returns the batch as it is now
   * @throws REGISTRY_*, BATCH_UNKNOWN
   */
  async heartbeat(station: Station, at: WorkPlace): Promise<Batch | undefined> {
    const { batches } = this.#shared;
    if (batches === undefined) {
      await this.flush();
      return undefined;
    }
    await batches.heartbeat({
      ...at,
      host: hostname(),
      mode: station.mode.mode,
      slots: station.slots.size,
      running: station.runningCount,
      claims: [...this.#admissions].flatMap(({ liveClaims }) => liveClaims),
    });
    await this.flush();
    if (at.batch === undefined) return undefined;
    const batch = await batches.get(at.batch);
    const { mode } = station;
    const waits = mode.mode === 'paused' && mode.reason.by === 'batch';
    if (waits && batch.state === 'open' && batch.counts.open > 0) station.resume();
    return batch;
  }

  /** The last sign of life: the station has ended, and nobody need wait for a lease to see it. Never throws. */
  async leave(at: WorkPlace): Promise<void> {
    const ended = { mode: 'stopped', slots: 0, running: 0, claims: [] };
    const announced = this.#shared.batches?.heartbeat({ ...at, host: hostname(), ...ended });
    await Promise.race([announced?.catch(() => undefined), sleep(LEAVE_MS, undefined, { ref: false })]);
  }

  /** What this station has done by itself while the database is out of reach. Never throws. */
  async away({ station, batch }: WorkPlace): Promise<Away | undefined> {
    if (batch === undefined) return undefined;
    return this.#shared.batches?.away?.({ station, batch }).catch(() => undefined);
  }

  /** Writes down the runs that wait. Never throws. */
  async flush(): Promise<void> {
    await this.#shared.runs.catchUp();
    for (const [key, log] of this.#logs) {
      await log.flush();
      if (log.waiting === 0) this.#logs.delete(key);
    }
  }
}

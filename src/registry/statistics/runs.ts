// The runs of boards on stations: written as they end, read for figures, of all together or by group. This interface is
// their manual.
import type { RunOutcome } from '../../core/figures/figures.js';

/** One run to write down. */
export interface RunRecord extends RunOutcome {
  /** A UUID: writing a run twice counts it once. */
  readonly id: string;
  readonly batch?: string | undefined;
  readonly station: string;
  readonly slot: number;
}

/** Which runs to read; all conditions must hold. */
export interface RunFilter {
  readonly batch?: string | undefined;
  readonly station?: string | undefined;
  /** Ended at or after; milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
  /** Ended before; milliseconds since 1970. */
  readonly untilMs?: number | undefined;
}

export interface Runs {
  /**
   * All of them or none. Also marks the units of their batches as ones that failed, for the count of reworked boards.
   *
   * @throws BATCH_UNKNOWN
   */
  record(runs: readonly RunRecord[]): Promise<void>;
  /** Oldest first. @throws BATCH_UNKNOWN, INPUT_INVALID (too many to be held) */
  read(filter: RunFilter): Promise<RunRecord[]>;
  /** Tells of runs that an outage has held up. Never throws. */
  catchUp(): Promise<void>;
  /** Never throws. */
  close(): Promise<void>;
}

export type Grouping = 'slot' | 'station' | 'batch';

/** The name of the group that a run belongs to. */
export const GROUPINGS: Readonly<Record<Grouping, (run: RunRecord) => string>> = {
  slot: ({ station, slot }) => `${station} slot ${slot}`,
  station: ({ station }) => station,
  batch: ({ batch = 'no batch' }) => batch,
};

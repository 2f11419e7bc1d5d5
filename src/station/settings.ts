// What an operator sets of a station: how boards start, how many run at once, when they are tried again, when it stops.
import type { StopLimits } from './stop-rules.js';

export interface StationSettings {
  /** Plugging a board in starts it; otherwise a start key does. */
  readonly autoStart: boolean;
  /** Boards that run at once. */
  readonly maxRunning: number;
  /** Further runs of a board whose failure a new run can cure. An outage of the registry is waited for without limit. */
  readonly retries: number;
  /** Before the first of them; doubles with each, up to LONGEST_PAUSE_MS. */
  readonly retryPauseMs: number;
  /** A run that takes longer is ended. */
  readonly runTimeoutMs: number;
  readonly stopAfter: StopLimits;
}

export const STATION_DEFAULTS: StationSettings = {
  autoStart: true,
  maxRunning: 64,
  retries: 1,
  retryPauseMs: 1000,
  runTimeoutMs: 300_000,
  stopAfter: { onSlot: 3, onStation: 6 },
};

export const LONGEST_PAUSE_MS = 30_000;

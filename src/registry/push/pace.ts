// When a delivery that failed is tried again, and when it is given up.

export interface PushPace {
  /** Of one try, from connecting to the answer. */
  readonly timeoutMs: number;
  /** For a delivery in progress when its process is to end: cut off, it would be sent twice. */
  readonly graceMs: number;
  /** A process that has claimed a delivery has so long; then another one may take it. */
  readonly leaseMs: number;
  /** Between looks at the outbox. */
  readonly pollMs: number;
  /** Before a registry that could not be opened is tried again. */
  readonly restMs: number;
  /** Before the second try; each further pause is twice as long. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** A try that fails so long after the first one was the last. */
  readonly giveUpMs: number;
  /** Delivered messages are remembered so long. */
  readonly keepMs: number;
}

const HOUR_MS = 3_600_000;

export const PUSH_PACE: PushPace = {
  timeoutMs: 10_000,
  graceMs: 2_000,
  leaseMs: 60_000,
  pollMs: 1_000,
  restMs: 10_000,
  firstPauseMs: 5_000,
  longestPauseMs: 10 * 60_000,
  giveUpMs: 24 * HOUR_MS,
  keepMs: 30 * 24 * HOUR_MS,
};

/** Of a pause; so that stations do not come back all at once. */
const JITTER = 0.25;

/** The pause after so many failures in a row, 1 and on. @param random from 0 to 1 */
export function pauseMs(failures: number, pace: PushPace, random = Math.random()): number {
  const exact = Math.min(pace.firstPauseMs * 2 ** (failures - 1), pace.longestPauseMs);
  return Math.round(exact * (1 + JITTER * (2 * random - 1)));
}

// Slows down the guessing of passwords: after a few failures each further one makes the next try wait longer.
import { EspmintError } from '../../core/errors/index.js';

const FREE_FAILURES = 5;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Without a failure for this long, all is forgotten. */
const FORGET_MS = 30 * 60_000;
/** More keys than any station has people: who sends more names than this is guessing names. */
const KEYS_MAX = 10_000;

interface Record {
  failures: number;
  lastMs: number;
}

export class Throttle {
  readonly #records = new Map<string, Record>();
  readonly #now: () => number;

  /** @param now a clock that nobody sets: one that is set back would make people wait for hours */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * A try begins. It counts as a failure until it has succeeded: of many that come at once no more pass than one after
   * the other.
   *
   * @throws SIGN_IN_THROTTLED while this key has to wait
   */
  begin(key: string): void {
    const waitMs = this.#waitMs(key);
    if (waitMs > 0) throw new EspmintError('SIGN_IN_THROTTLED', { waitSeconds: Math.ceil(waitMs / 1000) });
    if (this.#records.size >= KEYS_MAX) this.#forget();
    const failures = (this.#records.get(key)?.failures ?? 0) + 1;
    // The newest stands last.
    this.#records.delete(key);
    this.#records.set(key, { failures, lastMs: this.#now() });
  }

  succeeded(key: string): void {
    this.#records.delete(key);
  }

  /** The try was not made: nobody looked at its password. */
  withdrawn(key: string): void {
    const record = this.#records.get(key);
    if (record !== undefined) record.failures -= 1;
  }

  #waitMs(key: string): number {
    const record = this.#records.get(key);
    if (record === undefined || record.failures < FREE_FAILURES) return 0;
    const pauseMs = Math.min(1000 * 2 ** (record.failures - FREE_FAILURES), LONGEST_WAIT_MS);
    return record.lastMs + pauseMs - this.#now();
  }

  /** The oldest go first, whether their time is over or not: who sends names without end forgets the first of them. */
  #forget(): void {
    for (const [key, { lastMs }] of this.#records) {
      if (this.#records.size < KEYS_MAX && this.#now() - lastMs <= FORGET_MS) return;
      this.#records.delete(key);
    }
  }
}

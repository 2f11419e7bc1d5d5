// Thins out progress: a screen needs no more than ten numbers a second, and always the last one.

const INTERVAL_MS = 100;

export class Pace {
  #lastMs = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether this percentage is to be published. */
  allows(percent: number): boolean {
    const now = this.#now();
    if (percent < 100 && now - this.#lastMs < INTERVAL_MS) return false;
    this.#lastMs = now;
    return true;
  }
}

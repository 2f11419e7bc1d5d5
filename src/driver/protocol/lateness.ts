// How late the answers of this loader may be, learned from those that came: how long to wait for SYNC, and how long a
// silence must last before nothing more can come. Answers carry nothing that ties them to their question, so one that is
// taken for another's is a wrong one.

/** What a loader that answers at once may take, with a busy host and a slow adapter between. */
const USUAL_PATIENCE_MS = 200;
/** A ROM repeats its answer to an unknown command; they come back to back. */
const USUAL_QUIET_MS = 50;
const USUAL_DRAIN_MS = 400;
/** Later than this is taken for never. */
const LATEST_MS = 300;

export class Lateness {
  #slowestMs = 0;

  /** A quick command was answered. */
  noteAnswer(elapsedMs: number): void {
    this.#slowestMs = Math.max(this.#slowestMs, Math.min(elapsedMs, LATEST_MS));
  }

  /** Nobody answered within `patienceMs`: for what we know the answer is only late. */
  noteSilence(): void {
    this.noteAnswer(this.patienceMs);
  }

  /** For one SYNC. */
  get patienceMs(): number {
    return Math.max(USUAL_PATIENCE_MS, 2 * this.#slowestMs);
  }

  /** The silence that ends a row of late answers. */
  get quietMs(): number {
    return Math.max(USUAL_QUIET_MS, 2 * this.#slowestMs);
  }

  /** For the whole row. */
  get drainMs(): number {
    return Math.max(USUAL_DRAIN_MS, 4 * this.quietMs);
  }
}

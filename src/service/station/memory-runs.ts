// Runs in memory, for a station without a database: its own figures, until it ends.
import type { RunFilter, RunRecord, Runs } from '../../registry/index.js';

const KEPT_RUNS = 50_000;

export class MemoryRuns implements Runs {
  readonly #runs: RunRecord[] = [];

  record(runs: readonly RunRecord[]): Promise<void> {
    this.#runs.push(...runs);
    this.#runs.splice(0, this.#runs.length - KEPT_RUNS);
    return Promise.resolve();
  }

  read({ batch, station, sinceMs = -Infinity, untilMs = Infinity }: RunFilter): Promise<RunRecord[]> {
    return Promise.resolve(
      this.#runs.filter(
        (run) =>
          (batch === undefined || run.batch === batch) &&
          (station === undefined || run.station === station) &&
          run.endedMs >= sinceMs &&
          run.endedMs < untilMs,
      ),
    );
  }

  catchUp(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

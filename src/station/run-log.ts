// Writes down the runs of a station for the registry's figures; an outage delays them and costs none of the newest.
import { randomUUID } from 'node:crypto';
import type { RunRecord, Runs } from '../registry/index.js';
import type { EndedRun } from './events.js';
import { isVerdict } from './verdict.js';

export interface RunLogOptions {
  readonly runs: Runs;
  readonly station: string;
  readonly batch?: string | undefined;
}

/** Runs that wait for the database at most; beyond that the oldest go. */
const MAX_WAITING = 10_000;
const RUNS_AT_ONCE = 500;

export class RunLog {
  readonly #options: RunLogOptions;
  #waiting: RunRecord[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(options: RunLogOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add({ slot, result, startedAt, endedAt }: EndedRun): void {
    if (!isVerdict(result)) return;
    const { station, batch } = this.#options;
    this.#waiting.push({
      id: randomUUID(),
      batch,
      station,
      slot,
      mac: result.mac,
      passed: result.ok,
      alreadyDone: result.ok && result.alreadyDone === true,
      code: result.ok ? undefined : result.code,
      stage: result.ok ? undefined : result.stage,
      stagesMs: result.ok ? result.stagesMs : {},
      startedMs: Date.parse(startedAt),
      endedMs: Date.parse(endedAt),
    });
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    void this.flush();
  }

  /** Writes what waits, oldest first, until some cannot be written. Never throws. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const runs = this.#waiting.slice(0, RUNS_AT_ONCE);
      try {
        await this.#options.runs.record(runs);
      } catch {
        return;
      }
      // Some may have been dropped in the meantime.
      const written = new Set(runs);
      this.#waiting = this.#waiting.filter((run) => !written.has(run));
    }
  }
}

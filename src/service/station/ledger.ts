// What the station has done: the outcomes of the last two days, and the day's figures made of them.
import { STAGES, type Stage } from '../../core/stages.js';
import type { Job, Today } from '../contract/index.js';

/** One ended job, as far as figures need it. */
interface Outcome {
  readonly board: string;
  readonly endedMs: number;
  readonly passed: boolean;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly stagesMs: readonly (readonly [Stage, number])[];
}

export type Figures = Omit<Today, 'pending' | 'pendingSync' | 'batch' | 'since'>;
export interface BatchFigures {
  readonly passed: number;
  readonly failed: number;
  readonly reworked: number;
}

const HOUR_MS = 60 * 60 * 1000;
const KEPT_MS = 48 * HOUR_MS;

export class Ledger {
  #outcomes: Outcome[] = [];

  /** Counts a job that has ended by passing or failing; one that was stopped says nothing about its board. */
  add(job: Job): void {
    if (job.endedAt === undefined || (job.state !== 'passed' && job.state !== 'failed')) return;
    const endedMs = Date.parse(job.endedAt);
    this.#outcomes.push({
      board: job.mac ?? job.id,
      endedMs,
      passed: job.state === 'passed',
      code: job.failure?.code,
      message: job.failure?.message,
      stagesMs: job.stages.flatMap(({ stage, durationMs }) =>
        durationMs === undefined ? [] : [[stage, durationMs] as const],
      ),
    });
    const oldest = this.#outcomes[0];
    if (oldest !== undefined && endedMs - oldest.endedMs > KEPT_MS + HOUR_MS) {
      this.#outcomes = this.#outcomes.filter((outcome) => endedMs - outcome.endedMs <= KEPT_MS);
    }
  }

  /** Figures of everything that ended from `sinceMs` on. */
  figures(sinceMs: number, nowMs: number): Figures {
    const outcomes = this.#outcomes.filter(({ endedMs }) => endedMs >= sinceMs);
    const boards = byBoard(outcomes);
    const last = boards.map((jobs) => jobs.at(-1)).filter((outcome) => outcome !== undefined);
    const passed = last.filter((outcome) => outcome.passed);
    const first = boards.filter((jobs) => jobs[0]?.passed === true);
    return {
      passed: passed.length,
      failed: last.length - passed.length,
      ...(boards.length === 0 ? {} : { firstPassYield: first.length / boards.length }),
      lastHour: passed.filter(({ endedMs }) => endedMs > nowMs - HOUR_MS).length,
      hours: hoursOf(last, sinceMs, nowMs),
      failures: failuresOf(outcomes),
      stages: stagesOf(outcomes),
    };
  }

  batch(sinceMs: number): BatchFigures {
    const boards = byBoard(this.#outcomes.filter(({ endedMs }) => endedMs >= sinceMs));
    const passed = boards.filter((jobs) => jobs.at(-1)?.passed === true);
    const reworked = passed.filter((jobs) => jobs.some((outcome) => !outcome.passed));
    return { passed: passed.length, failed: boards.length - passed.length, reworked: reworked.length };
  }
}

/** The outcomes of each board, oldest first. */
function byBoard(outcomes: readonly Outcome[]): Outcome[][] {
  const boards = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const jobs = boards.get(outcome.board);
    if (jobs === undefined) boards.set(outcome.board, [outcome]);
    else jobs.push(outcome);
  }
  return [...boards.values()];
}

/** Every hour from the first with a result to now, so that a gap is seen as one. */
function hoursOf(outcomes: readonly Outcome[], sinceMs: number, nowMs: number): Today['hours'] {
  if (outcomes.length === 0) return [];
  const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS);
  const firstHour = hourOf(Math.max(sinceMs, Math.min(...outcomes.map(({ endedMs }) => endedMs))));
  const hours = Array.from({ length: hourOf(nowMs) - firstHour + 1 }, (_, index) => ({
    start: new Date((firstHour + index) * HOUR_MS).toISOString(),
    passed: 0,
    failed: 0,
  }));
  for (const { endedMs, passed } of outcomes) {
    const hour = hours[hourOf(endedMs) - firstHour];
    if (hour !== undefined) hour[passed ? 'passed' : 'failed'] += 1;
  }
  return hours;
}

function failuresOf(outcomes: readonly Outcome[]): Today['failures'] {
  const byCode = new Map<string, { code: string; count: number; example: string }>();
  for (const { code, message = '' } of outcomes) {
    if (code === undefined) continue;
    const count = (byCode.get(code)?.count ?? 0) + 1;
    byCode.set(code, { code, count, example: message });
  }
  return [...byCode.values()].sort((a, b) => b.count - a.count || a.code.localeCompare(b.code, 'en'));
}

function stagesOf(outcomes: readonly Outcome[]): Today['stages'] {
  const times = outcomes.filter(({ passed }) => passed).flatMap(({ stagesMs }) => stagesMs);
  return STAGES.flatMap((stage) => {
    const sorted = times.flatMap(([name, ms]) => (name === stage ? [ms] : [])).sort((a, b) => a - b);
    if (sorted.length === 0) return [];
    return [{ stage, count: sorted.length, medianMs: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95) }];
  });
}

/** Nearest rank. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

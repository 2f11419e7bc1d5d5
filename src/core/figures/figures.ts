// The figures of a line, made of the runs of its boards: yield, pace, causes of failure, where the time goes.
import { STAGES, type Stage } from '../stages.js';

/** One run of one board, from plugged in to its result, with all its tries. */
export interface RunOutcome {
  /** Absent when the run failed before the chip was known. */
  readonly mac?: string | undefined;
  readonly passed: boolean;
  /** Nothing had to be done: the board had passed before. */
  readonly alreadyDone: boolean;
  readonly code?: string | undefined;
  readonly stage?: string | undefined;
  readonly stagesMs: Readonly<Partial<Record<Stage, number>>>;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly endedMs: number;
}

export interface Figures {
  readonly runs: number;
  /** Boards, by MAC; a run that failed before its MAC was known counts as a board of its own. */
  readonly boards: number;
  /** Boards whose last run passed. */
  readonly passed: number;
  readonly failed: number;
  /** Boards that passed after a run that failed. */
  readonly reworked: number;
  /** Boards that had passed before and were left untouched when they came again. */
  readonly alreadyDone: number;
  /** Share of boards whose first run passed, 0 to 1; absent without boards. */
  readonly firstPassYield?: number;
  /** Share of boards that passed in the end. */
  readonly finalYield?: number;
  /**
   * Mean time from one board's pass to the next one's, breaks left out; absent where all passed at one moment. Boards that
   * stand in one fixture pass together: their median would be nothing.
   */
  readonly taktMs?: number;
  /** Boards that pass in an hour of work: breaks are left out. */
  readonly boardsPerHour?: number;
  /** Median time of a run that passed. */
  readonly runMs?: number;
  /** Most frequent first. */
  readonly failures: readonly FailureShare[];
  /** In the order of the flow. */
  readonly stages: readonly StageTime[];
}

/** One bar of a Pareto chart. */
interface FailureShare {
  readonly code: string;
  readonly stage: string;
  readonly count: number;
  /** Of all failed runs, 0 to 1. */
  readonly share: number;
  /** Of this and all more frequent ones. */
  readonly cumulative: number;
}

interface StageTime {
  readonly stage: Stage;
  readonly count: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

/** Longer than this without a pass is a break, not slow work. */
const BREAK_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;

export function figuresOf(runs: readonly RunOutcome[]): Figures {
  const boards = byBoard(runs.toSorted((a, b) => a.endedMs - b.endedMs));
  const passed = boards.filter((board) => board.at(-1)?.passed === true);
  const firstPasses = boards.filter((board) => board[0]?.passed === true);
  const reworked = passed.filter((board) => board.some((run) => !run.passed));
  const worked = runs.filter((run) => run.passed && !run.alreadyDone);
  return {
    runs: runs.length,
    boards: boards.length,
    passed: passed.length,
    failed: boards.length - passed.length,
    reworked: reworked.length,
    alreadyDone: boards.filter((board) => board.at(-1)?.alreadyDone === true).length,
    ...(boards.length === 0
      ? {}
      : {
          firstPassYield: firstPasses.length / boards.length,
          finalYield: passed.length / boards.length,
        }),
    ...paceOf(worked),
    failures: paretoOf(runs.filter((run) => !run.passed)),
    stages: stagesOf(worked),
  };
}

/** The same figures for each group of runs, in the order of their names. */
export function figuresBy<R extends RunOutcome>(
  runs: readonly R[],
  nameOf: (run: R) => string,
): ReadonlyMap<string, Figures> {
  const groups = new Map<string, R[]>();
  for (const run of runs) {
    const group = groups.get(nameOf(run));
    if (group === undefined) groups.set(nameOf(run), [run]);
    else group.push(run);
  }
  const sorted = [...groups].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return new Map(sorted.map(([name, group]) => [name, figuresOf(group)]));
}

/** The runs of each board, in the order given. */
export function byBoard<R extends RunOutcome>(runs: readonly R[]): R[][] {
  const boards = new Map<string, R[]>();
  runs.forEach((run, index) => {
    const board = run.mac ?? `unknown ${index}`;
    const known = boards.get(board);
    if (known === undefined) boards.set(board, [run]);
    else known.push(run);
  });
  return [...boards.values()];
}

function paceOf(passes: readonly RunOutcome[]): Pick<Figures, 'taktMs' | 'boardsPerHour' | 'runMs'> {
  if (passes.length === 0) return {};
  const inOrder = passes.toSorted((a, b) => a.endedMs - b.endedMs);
  const gaps = inOrder.slice(1).map((run, index) => run.endedMs - (inOrder[index]?.endedMs ?? 0));
  const work = gaps.filter((gap) => gap <= BREAK_MS);
  const worked = work.reduce((sum, gap) => sum + gap, 0);
  const durations = passes.map(({ startedMs, endedMs }) => endedMs - startedMs).sort((a, b) => a - b);
  const runMs = quantile(durations, 0.5);
  // The first board after a break took its own time: the break is not work, and the board is made all the same.
  const workMs = inOrder.reduce((sum, { startedMs, endedMs }, index) => {
    const gap = gaps[index - 1] ?? Infinity;
    return sum + (gap <= BREAK_MS ? gap : endedMs - startedMs);
  }, 0);
  return {
    runMs,
    ...(worked === 0 ? {} : { taktMs: Math.round(worked / work.length) }),
    ...(workMs <= 0 ? {} : { boardsPerHour: (passes.length * HOUR_MS) / workMs }),
  };
}

function paretoOf(failures: readonly RunOutcome[]): FailureShare[] {
  const counts = new Map<string, { code: string; stage: string; count: number }>();
  for (const { code = 'UNKNOWN', stage = '' } of failures) {
    const key = `${code} ${stage}`;
    counts.set(key, { code, stage, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const sorted = [...counts.values()].sort((a, b) => b.count - a.count || a.code.localeCompare(b.code, 'en'));
  let sum = 0;
  return sorted.map((row) => {
    sum += row.count;
    return { ...row, share: row.count / failures.length, cumulative: sum / failures.length };
  });
}

function stagesOf(passes: readonly RunOutcome[]): StageTime[] {
  return STAGES.flatMap((stage) => {
    const times = passes.flatMap(({ stagesMs }) => stagesMs[stage] ?? []).sort((a, b) => a - b);
    if (times.length === 0) return [];
    return [{ stage, count: times.length, medianMs: quantile(times, 0.5), p95Ms: quantile(times, 0.95) }];
  });
}

/** Nearest rank, of sorted numbers. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

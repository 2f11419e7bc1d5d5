// Boards are provisioned over and over by espmint processes, which are killed at random moments, while the database
// comes and goes and the journals of the dead are damaged.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../support/reference-tools.js';
import { plugInBoard, type SoakBoard } from './boards.js';
import type { Home } from './homes.js';
import { tearJournal } from './tear.js';

const CLI = join(ROOT, 'bin/espmint.js');
const KILL_SHARE = 0.8;
/** Of those that are killed: while they work on their board, rather than anywhere in their life. */
const AT_WORK_SHARE = 0.6;
const TEAR_SHARE = 0.9;
/** Provisionings under way at any moment. */
const AT_ONCE = 3;
/** Boards come again this often: keys are kept, rotated and found again. */
const RUNS_PER_BOARD = 10;
/** Between two outages, on average. */
const OUTAGE_EVERY_MS = 5000;

export interface CampaignCounts {
  passed: number;
  failed: number;
  killed: number;
  torn: number;
  outages: number;
  /** Of runs that failed by themselves. */
  readonly codes: Record<string, number>;
  /** Stages in which runs were killed. */
  readonly killedAt: Record<string, number>;
}

export interface Campaign {
  readonly counts: CampaignCounts;
  readonly boards: readonly SoakBoard[];
  /** MACs of boards whose last run ended with a pass. */
  readonly provenLast: ReadonlySet<string>;
}

/** The caller closes the boards. */
export async function runCampaign(home: Home, runs: number): Promise<Campaign> {
  const count = Math.max(AT_ONCE, Math.ceil(runs / RUNS_PER_BOARD));
  const boards = await Promise.all(Array.from({ length: count }, (_, index) => plugInBoard(index)));
  const counts: CampaignCounts = {
    passed: 0,
    failed: 0,
    killed: 0,
    torn: 0,
    outages: 0,
    codes: {},
    killedAt: {},
  };
  const provenLast = new Set<string>();
  const durations: Durations = { wholeMs: [], atWorkMs: [] };
  const free = [...boards];
  let left = runs;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const board = free.splice(Math.floor(Math.random() * free.length), 1)[0];
      if (board === undefined) throw new Error('there are fewer boards than workers');
      provenLast.delete(board.mac);
      if (await provision(home, board, counts, { durations })) provenLast.add(board.mac);
      free.push(board);
    }
  };
  const stop = new AbortController();
  const outages = takeAway(home, counts, stop.signal);
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    stop.abort();
    await outages;
  }
  // When all is over, a board gets through as ever.
  const last = pick(boards);
  if (await provision(home, last, counts, { durations, inPeace: true })) provenLast.add(last.mac);
  return { counts, boards, provenLast };
}

async function takeAway(home: Home, counts: CampaignCounts, signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(Math.random() * 2 * OUTAGE_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    if (await home.outage()) counts.outages += 1;
  }
}

/** How long runs have taken that were left alone. */
interface Durations {
  readonly wholeMs: number[];
  /** From the first word about the board. */
  readonly atWorkMs: number[];
}

/** @returns whether it passed */
async function provision(
  home: Home,
  board: SoakBoard,
  counts: CampaignCounts,
  { durations, inPeace = false }: { readonly durations: Durations; readonly inPeace?: boolean },
): Promise<boolean> {
  const dataDir = pick(home.dataDirs);
  const args = ['--data-dir', dataDir, '--port', board.url, '--ca-url', 'https://ca.example.com', '--json'];
  const started = performance.now();
  const child = spawn(process.execPath, [CLI, 'provision', ...args, '--known', pick(['keep', 'rotate'])], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const kill = (): boolean => child.kill('SIGKILL');
  const isToDie = !inPeace && Math.random() < KILL_SHARE;
  const isAtWork = Math.random() < AT_WORK_SHARE;
  let timer = isToDie && !isAtWork ? setTimeout(kill, anywhereIn(durations.wholeMs)) : undefined;
  let atWorkSince = Infinity;
  child.stdout.once('data', () => {
    atWorkSince = performance.now();
    if (isToDie && isAtWork) timer = setTimeout(kill, anywhereIn(durations.atWorkMs));
  });
  await once(child, 'close');
  clearTimeout(timer);
  if (child.signalCode === 'SIGKILL') {
    counts.killed += 1;
    countOne(counts.killedAt, lastOf(said, /"stage":"([a-z]+)"/g) ?? 'start');
    if (Math.random() < TEAR_SHARE && tearJournal(dataDir, child.pid ?? 0)) counts.torn += 1;
    return false;
  }
  durations.wholeMs.push(performance.now() - started);
  if (atWorkSince < Infinity) durations.atWorkMs.push(performance.now() - atWorkSince);
  if (child.exitCode === 0) counts.passed += 1;
  else countFailure(counts, said, child.exitCode);
  return child.exitCode === 0;
}

/** Anywhere in the time that runs have taken so far. */
function anywhereIn(durationsMs: readonly number[]): number {
  const usual = durationsMs.length === 0 ? 500 : pick(durationsMs);
  return Math.random() * usual * 1.1;
}

function countFailure(counts: CampaignCounts, said: string, exitCode: number | null): void {
  counts.failed += 1;
  countOne(counts.codes, lastOf(said, /"code":"([A-Z_]+)"/g) ?? `exit ${String(exitCode)}`);
}

function lastOf(text: string, form: RegExp): string | undefined {
  return [...text.matchAll(form)].at(-1)?.[1];
}

function countOne(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function pick<T>(values: readonly T[]): T {
  const value = values[Math.floor(Math.random() * values.length)];
  if (value === undefined) throw new Error('there is nothing to pick from');
  return value;
}

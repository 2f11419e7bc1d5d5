// A station with 32 boards of real timing: how long all of them take beside one alone, boards an hour, processor time a
// board, event-loop delay; the same boards by hand; then thousands of boards for memory.
// `npm run bench -- station [--boards N] [--only speed|hand|memory] [--link pty|rfc2217|tcp]`
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CORPUS } from '../test/support/nvs-corpus.js';
import { BoardProcess, isBoardProcess, serveBoards, type LinkKind } from './support/board-process.js';
import { provisionByHand } from './support/by-hand.js';
import { median, writeResults } from './support/measure.js';
import { openStationLine, type Round, type StationLine } from './support/station-line.js';

const SLOTS = 32;
const ROUNDS = 5;
const BY_HAND = 4;
const SAMPLES = 10;
const MIB = 2 ** 20;
/** Of the delay monitor: what it reports includes this wait of its own. */
const RESOLUTION_MS = 5;

interface Bench {
  readonly line: StationLine;
  readonly boards: BoardProcess;
  readonly link: LinkKind;
}

let boardsMade = 0;

/** So many new boards, one round. */
async function round(
  { line, boards, link }: Bench,
  count: number,
  timing: 'real' | 'instant',
): Promise<Round> {
  const urls = await boards.serve({ count, firstBoard: boardsMade, timing, link });
  console.error('served', urls.length);
  boardsMade += count;
  const r = await line.run(urls);
  console.error('ran', r.wallMs, r.results.map((x) => (x.ok ? 'ok' : x.message)).join());
  return r;
}

const failuresOf = ({ results }: Round): string[] =>
  results.flatMap((result) => (result.ok ? [] : [result.code]));

async function measureSpeed(bench: Bench): Promise<{ boardsPerHour: number }> {
  // The first boards find code that was never run.
  await round(bench, 1, 'real');
  await round(bench, SLOTS, 'real');
  const one: Round[] = [];
  for (let count = 0; count < ROUNDS; count++) one.push(await round(bench, 1, 'real'));

  const all: Round[] = [];
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let stationMs = 0;
  let boardsMs = 0;
  for (let count = 0; count < ROUNDS; count++) {
    const urls = await bench.boards.serve({
      count: SLOTS,
      firstBoard: boardsMade,
      timing: 'real',
      link: bench.link,
    });
    boardsMade += SLOTS;
    const boardsBefore = await bench.boards.cpuMs();
    const before = process.cpuUsage();
    delay.enable();
    all.push(await bench.line.run(urls));
    delay.disable();
    const { user, system } = process.cpuUsage(before);
    stationMs += (user + system) / 1000;
    boardsMs += (await bench.boards.cpuMs()) - boardsBefore;
  }
  const oneBoardMs = median(one.map(({ wallMs }) => wallMs));
  const allBoardsMs = median(all.map(({ wallMs }) => wallMs));
  const board = (ms: number): number => round1(ms / (SLOTS * ROUNDS));
  return {
    ...{ slots: SLOTS, rounds: ROUNDS, link: bench.link, failures: all.flatMap(failuresOf) },
    oneBoardMs: Math.round(oneBoardMs),
    allBoardsMs: Math.round(allBoardsMs),
    allBoardsEachRoundMs: all.map(({ wallMs }) => Math.round(wallMs)),
    ratio: Math.round((allBoardsMs / oneBoardMs) * 100) / 100,
    boardsPerHour: Math.round((SLOTS * 3_600_000) / allBoardsMs),
    stationCpuMsPerBoard: board(stationMs),
    virtualBoardCpuMsPerBoard: board(boardsMs),
    eventLoopDelayMs: {
      p50: round1(delay.percentile(50) / 1e6 - RESOLUTION_MS),
      p99: round1(delay.percentile(99) / 1e6 - RESOLUTION_MS),
      max: round1(delay.max / 1e6 - RESOLUTION_MS),
    },
  };
}

const round1 = (value: number): number => Math.round(value * 10) / 10;

/** One board after the other, on the same kind of boards over device paths, which suit these tools best. */
async function measureByHand({ boards }: Bench): Promise<{ boardsPerHour: number }> {
  const work = { csv: `${CORPUS}01-seed.csv`, offsetBytes: 0x9000, sizeBytes: 0x10000, baud: 921_600 };
  const urls = await boards.serve({ count: BY_HAND, firstBoard: boardsMade, timing: 'real', link: 'pty' });
  boardsMade += BY_HAND;
  const eachMs: number[] = [];
  for (const url of urls) eachMs.push(Math.round(await provisionByHand(url, work)));
  return { eachMs, boardsPerHour: Math.round(3_600_000 / median(eachMs)) } as { boardsPerHour: number };
}

/** What is left after a collection: flat means that nothing of a board is kept. */
async function measureMemory(bench: Bench, wanted: number): Promise<object> {
  const samples: { boards: number; heapMiB: number; rssMiB: number }[] = [];
  const failures: string[] = [];
  const started = performance.now();
  let boards = 0;
  for (let sample = 1; sample <= SAMPLES; sample++) {
    while (boards < (wanted * sample) / SAMPLES) {
      const count = Math.min(SLOTS, wanted - boards);
      failures.push(...failuresOf(await round({ ...bench, link: 'tcp' }, count, 'instant')));
      boards += count;
    }
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    samples.push({ boards, heapMiB: round1(heapUsed / MIB), rssMiB: round1(rss / MIB) });
    console.log(samples.at(-1));
  }
  return { boards, seconds: Math.round((performance.now() - started) / 1000), failures, samples };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      boards: { type: 'string', default: '5000' },
      only: { type: 'string' },
      link: { type: 'string', default: 'pty' },
    },
  });
  const wants = (part: string): boolean => values.only === undefined || values.only === part;
  const boards = new BoardProcess(fileURLToPath(import.meta.url));
  const line = await openStationLine();
  const bench = { line, boards, link: values.link as LinkKind };
  try {
    const speed = wants('speed') ? await measureSpeed(bench) : undefined;
    if (speed !== undefined) console.log(speed);
    const byHand = wants('hand') ? await measureByHand(bench) : undefined;
    if (byHand !== undefined) console.log(byHand);
    const timesFaster = speed && byHand ? Math.round(speed.boardsPerHour / byHand.boardsPerHour) : undefined;
    if (timesFaster !== undefined) console.log({ timesFaster });
    const memory = wants('memory') ? await measureMemory(bench, Number(values.boards)) : undefined;
    if (values.only === undefined) writeResults('station', { speed, byHand, timesFaster, memory });
  } finally {
    await line.close();
    await boards.close();
  }
}

if (isBoardProcess()) serveBoards();
else await main();

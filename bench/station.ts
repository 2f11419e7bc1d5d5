// A station with 32 boards of real timing: how long all of them take beside one alone, boards an hour, processor time,
// statements and fsyncs a board, event-loop delay; the same boards by hand; then thousands of boards for memory.
// `npm run bench -- station [--boards N] [--only speed|hand|memory] [--link pty|rfc2217|tcp]`
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CORPUS } from '../test/support/nvs-corpus.js';
import { countStorageWork, type StorageWork } from '../test/support/storage-work.js';
import { BoardProcess, isBoardProcess, serveBoards, type BoardsWanted } from './support/board-process.js';
import { provisionByHand } from './support/by-hand.js';
import { closeBySignal } from './support/end-by-signal.js';
import { median, writeResults } from './support/measure.js';
import { openStationLine, type Round, type StationLine } from './support/station-line.js';

const SLOTS = 32;
const ROUNDS = 7;
const BY_HAND = 4;
const SAMPLES = 10;
const MIB = 2 ** 20;
const HOUR_MS = 3_600_000;
/** Of the delay monitor: what it reports includes this wait of its own. */
const RESOLUTION_MS = 5;

class Bench {
  readonly #line: StationLine;
  readonly #boards: BoardProcess;
  #made = 0;

  constructor(line: StationLine, boards: BoardProcess) {
    this.#line = line;
    this.#boards = boards;
  }

  /** So many boards that nobody has met before. */
  async newBoards(wanted: Omit<BoardsWanted, 'firstBoard'>): Promise<readonly string[]> {
    const urls = await this.#boards.serve({ ...wanted, firstBoard: this.#made });
    this.#made += wanted.count;
    return urls;
  }

  async round(wanted: Omit<BoardsWanted, 'firstBoard'>): Promise<MeasuredRound> {
    const urls = await this.newBoards(wanted);
    const boardsBefore = await this.#boards.cpuMs();
    const before = process.cpuUsage();
    const counter = await countStorageWork();
    const ran = await this.#line.run(urls);
    counter.stop();
    const { user, system } = process.cpuUsage(before);
    return {
      ...ran,
      storage: counter.soFar(),
      stationCpuMs: (user + system) / 1000,
      boardsCpuMs: (await this.#boards.cpuMs()) - boardsBefore,
    };
  }
}

interface MeasuredRound extends Round {
  /** Of this process. */
  readonly stationCpuMs: number;
  /** Of the process that the virtual boards live in. */
  readonly boardsCpuMs: number;
  /** Of this process, also for the record of the runs. */
  readonly storage: StorageWork;
}

const failuresOf = (rounds: readonly Round[]): string[] =>
  rounds.flatMap(({ results }) => results.flatMap((result) => (result.ok ? [] : [result.code])));
const round1 = (value: number): number => Math.round(value * 10) / 10;

async function measureSpeed(bench: Bench, link: BoardsWanted['link']) {
  const rounds = async (count: number, many: number): Promise<MeasuredRound[]> => {
    const made: MeasuredRound[] = [];
    for (let each = 0; each < many; each++) made.push(await bench.round({ count, timing: 'real', link }));
    return made;
  };
  // The first boards meet code that was never run.
  await rounds(SLOTS, 2);
  const one = await rounds(1, ROUNDS);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const all = await rounds(SLOTS, ROUNDS);
  delay.disable();
  const wall = (of: readonly Round[]): number => median(of.map(({ wallMs }) => wallMs));
  const board = (of: readonly number[]): number => round1(median(of) / SLOTS);
  const delayMs = (ns: number): number => round1(Math.max(0, ns / 1e6 - RESOLUTION_MS));
  return {
    ...{ slots: SLOTS, rounds: ROUNDS, link, failures: failuresOf(all) },
    oneBoardMs: Math.round(wall(one)),
    allBoardsMs: Math.round(wall(all)),
    eachRoundMs: all.map(({ wallMs }) => Math.round(wallMs)),
    ratio: Math.round((wall(all) / wall(one)) * 100) / 100,
    boardsPerHour: Math.round((SLOTS * HOUR_MS) / wall(all)),
    stationCpuMsPerBoard: board(all.map(({ stationCpuMs }) => stationCpuMs)),
    virtualBoardCpuMsPerBoard: board(all.map(({ boardsCpuMs }) => boardsCpuMs)),
    queriesPerBoard: board(all.map(({ storage }) => storage.queries)),
    transactionsPerBoard: board(all.map(({ storage }) => storage.transactions)),
    fsyncsPerBoard: board(all.map(({ storage }) => storage.syncs)),
    eventLoopDelayMs: {
      p50: delayMs(delay.percentile(50)),
      p99: delayMs(delay.percentile(99)),
      max: delayMs(delay.max),
    },
  };
}

/** One board after the other, on the same kind of boards over device paths, which suit these tools best. */
async function measureByHand(bench: Bench) {
  const work = { csv: `${CORPUS}01-seed.csv`, offsetBytes: 0x9000, sizeBytes: 0x10000, baud: 921_600 };
  const eachMs: number[] = [];
  for (const url of await bench.newBoards({ count: BY_HAND, timing: 'real', link: 'pty' }))
    eachMs.push(Math.round(await provisionByHand(url, work)));
  return { eachMs, boardsPerHour: Math.round(HOUR_MS / median(eachMs)) };
}

/** What is left after a collection: flat means that nothing of a board is kept. */
async function measureMemory(bench: Bench, wanted: number) {
  const samples: { boards: number; heapMiB: number; rssMiB: number }[] = [];
  const failures: string[] = [];
  const started = performance.now();
  let boards = 0;
  for (let sample = 1; sample <= SAMPLES; sample++) {
    while (boards < (wanted * sample) / SAMPLES) {
      const count = Math.min(SLOTS, wanted - boards);
      failures.push(...failuresOf([await bench.round({ count, timing: 'instant', link: 'tcp' })]));
      boards += count;
    }
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    samples.push({ boards, heapMiB: round1(heapUsed / MIB), rssMiB: round1(rss / MIB) });
    console.log(samples.at(-1));
  }
  return { boards, seconds: Math.round((performance.now() - started) / 1000), failures, samples };
}

const LINKS: readonly string[] = ['pty', 'rfc2217', 'tcp'] satisfies BoardsWanted['link'][];
const isLink = (text: string): text is BoardsWanted['link'] => LINKS.includes(text);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      boards: { type: 'string', default: '5000' },
      only: { type: 'string' },
      link: { type: 'string', default: 'pty' },
    },
  });
  const { link } = values;
  if (!isLink(link)) throw new Error(`--link is one of ${LINKS.join(', ')}`);
  const wants = (part: string): boolean => values.only === undefined || values.only === part;
  const boards = new BoardProcess(fileURLToPath(import.meta.url));
  const opening = openStationLine();
  const close = async (): Promise<void> => {
    await (await opening).close();
    await boards.close();
  };
  // Its database is a process of its own, which nobody else would stop.
  closeBySignal(close);
  const bench = new Bench(await opening, boards);
  try {
    const speed = wants('speed') ? await measureSpeed(bench, link) : undefined;
    if (speed !== undefined) console.log(speed);
    const byHand = wants('hand') ? await measureByHand(bench) : undefined;
    const timesFaster = speed && byHand && Math.round((speed.boardsPerHour / byHand.boardsPerHour) * 10) / 10;
    if (byHand !== undefined) console.log({ ...byHand, timesFaster });
    const memory = wants('memory') ? await measureMemory(bench, Number(values.boards)) : undefined;
    if (values.only === undefined) writeResults('station', { speed, byHand, timesFaster, memory });
  } finally {
    await close();
  }
}

if (isBoardProcess()) serveBoards();
else await main();

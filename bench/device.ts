// One board from SYNC to reset: our driver beside the same work by hand, over the same device path with real timing,
// and beside the time that no client could beat. `npm run bench -- device`
import type { LedgerReport } from '../src/virtual/index.js';
import { isBoardProcess, withBoard } from './support/board-apart.js';
import { provisionByHand, type HandWork } from './support/by-hand.js';
import { CSV, OFFSET_BYTES, ours, setupOf, SIZE_BYTES, type Setting } from './support/device-work.js';
import { median, writeResults } from './support/measure.js';

/** Ours is quick: the median of so many, each with a fresh board. By hand it is one run of several seconds. */
const RUNS = 5;

/** Milliseconds, unless they say otherwise. */
interface Figures extends Setting {
  readonly oursMs: number;
  /** The least of the runs: what the machine's other work disturbed least. The floor is compared with this one. */
  readonly bestMs: number;
  /** Where ours goes: the flash and the chip's MD5, bytes on the wire, the adapter; what is left is host and waits. */
  readonly chipMs: number;
  readonly wireMs: number;
  readonly adapterMs: number;
  readonly byHandMs: number;
  readonly floorMs: number;
  readonly roundTrips: number;
  readonly wireBytes: number;
  readonly sectorsErased: number;
}

const handWork = ({ baud }: Setting): HandWork => ({
  csv: CSV,
  offsetBytes: OFFSET_BYTES,
  sizeBytes: SIZE_BYTES,
  baud,
});

/** The board was on before: neither it nor the floor pays for its start. */
const floorOf = ({ floor }: LedgerReport): number => floor.totalMs - floor.bootMs;

async function measure(setting: Setting): Promise<Figures> {
  const setup = setupOf(setting);
  const runs: { readonly ms: number; readonly session: LedgerReport }[] = [];
  for (let run = 0; run < RUNS; run++) {
    const { value, sessions } = await withBoard(setup, (port) => ours(port, setting));
    if (sessions[0] === undefined) throw new Error('no ledger');
    runs.push({ ms: value, session: sessions[0] });
  }
  const [{ session } = { session: undefined }] = runs;
  if (session === undefined) throw new Error('no run');
  const theirs = await withBoard(setup, (port) => provisionByHand(port, handWork(setting)));
  const { timeMs } = session;
  return {
    ...setting,
    oursMs: Math.round(median(runs.map(({ ms }) => ms))),
    bestMs: Math.round(Math.min(...runs.map(({ ms }) => ms))),
    chipMs: Math.round(timeMs.erase + timeMs.program + timeMs.md5 + timeMs.command),
    wireMs: Math.round(timeMs.wireToChip + timeMs.wireToHost),
    adapterMs: Math.round(timeMs.latency),
    byHandMs: Math.round(theirs.value),
    floorMs: Math.round(floorOf(session)),
    roundTrips: session.roundTrips,
    wireBytes: session.bytesToChip + session.bytesToHost,
    sectorsErased: session.sectorsErased,
  };
}

/** Heads of columns, and what stands below. `faster` is the median against by hand, `of floor` the least. `best`: how many times faster than by hand the floor is. */
const COLUMNS: Readonly<Record<string, (figures: Figures) => string | number>> = {
  flash: ({ flash }) => flash,
  baud: ({ baud }) => baud,
  latency: ({ latencyMs }) => latencyMs,
  ours: ({ oursMs }) => oursMs,
  least: ({ bestMs }) => bestMs,
  chip: ({ chipMs }) => chipMs,
  wire: ({ wireMs }) => wireMs,
  adapter: ({ adapterMs }) => adapterMs,
  floor: ({ floorMs }) => floorMs,
  'of floor': ({ bestMs, floorMs }) => ratio(bestMs, floorMs),
  'by hand': ({ byHandMs }) => byHandMs,
  faster: ({ byHandMs, oursMs }) => ratio(byHandMs, oursMs),
  best: ({ byHandMs, floorMs }) => ratio(byHandMs, floorMs),
  trips: ({ roundTrips }) => roundTrips,
  bytes: ({ wireBytes }) => wireBytes,
  erased: ({ sectorsErased }) => sectorsErased,
};

const ratio = (a: number, b: number): string => `${(a / b).toFixed(1)}x`;
const line = (cells: readonly (string | number)[]): string =>
  cells.map((cell) => String(cell).padStart(9)).join('');

async function main(): Promise<void> {
  console.log(line(Object.keys(COLUMNS)));
  const results: Figures[] = [];
  for (const flash of ['blank', 'earlier', 'used'] as const) {
    for (const baud of [115_200, 460_800, 921_600]) {
      for (const latencyMs of [1, 16]) {
        const figures = await measure({ flash, baud, latencyMs });
        results.push(figures);
        console.log(line(Object.values(COLUMNS).map((cell) => cell(figures))));
      }
    }
  }
  writeResults('device', { milliseconds: true, results });
}

if (!(await isBoardProcess())) await main();

// One board from SYNC to reset: our driver beside the same work by hand, over the same device path with real timing,
// and beside the time that no client could beat. `npm run bench -- device`
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectBoard, openLink } from '../src/driver/index.js';
import { REAL, createVirtualBoard, servePty, type LedgerReport } from '../src/virtual/index.js';
import { PYTHON } from '../test/support/judges.js';
import { CORPUS } from '../test/support/nvs-corpus.js';
import { scrambled } from '../test/support/plug-in.js';
import { writeResults } from './support/measure.js';

const OFFSET = 0x9000;
const SIZE = 0x10000;
const FLASH_BYTES = 0x40_0000;
const CSV = `${CORPUS}01-seed.csv`;
const image = new Uint8Array(gunzipSync(readFileSync(`${CORPUS}01-seed.bin.gz`)));

interface Setting {
  /** `earlier`: an image with another identity. `used`: full of something else, so that all of it must be erased. */
  readonly flash: 'blank' | 'earlier' | 'used';
  readonly baud: number;
  readonly latencyMs: number;
}

interface Figures extends Setting {
  readonly oursMs: number;
  readonly byHandMs: number;
  readonly floorMs: number;
  readonly roundTrips: number;
  readonly wireBytes: number;
  readonly sectorsErased: number;
}

/** An image like ours whose values are others: its data sector differs, its blank tail does not. */
function earlierImage(): Uint8Array {
  return image.map((byte, at) => (byte === 0xff || at < 0x40 ? byte : byte & 0xf0));
}

/** A board with the stock table. */
async function withBoard<T>(
  setting: Setting,
  act: (port: string) => Promise<T>,
): Promise<{ value: T; sessions: LedgerReport[] }> {
  const sessions: LedgerReport[] = [];
  const timing = { ...REAL, usbLatencyMs: setting.latencyMs };
  const board = createVirtualBoard({
    partitionTable: 'stock',
    flashSizeBytes: FLASH_BYTES,
    timing,
    onSession: (report) => sessions.push(report),
  });
  if (setting.flash === 'earlier') board.flash.program(OFFSET, earlierImage());
  if (setting.flash === 'used') board.flash.program(OFFSET, scrambled(SIZE, 1));
  const server = await servePty(board, 'esp32');
  try {
    return { value: await act(server.url), sessions };
  } finally {
    await server.close();
    board.dispose();
  }
}

/** MAC, partition table, write, proof, reset, in one connection. */
async function ours(port: string, { baud }: Setting): Promise<number> {
  const started = performance.now();
  const link = await openLink(port);
  const board = await connectBoard(link, { baud });
  await board.readPartitionTable();
  await board.writeRegion({ offsetBytes: OFFSET, image });
  await board.verifyRegion({ offsetBytes: OFFSET, image });
  await board.reset();
  const elapsedMs = performance.now() - started;
  await board.close();
  return elapsedMs;
}

/** The three commands of a person with esptool. */
async function byHand(port: string, { baud }: Setting): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-bench-'));
  const bin = join(folder, 'nvs.bin');
  writeFileSync(join(folder, 'nvs.csv'), readFileSync(CSV));
  try {
    const started = performance.now();
    const esptool = ['-m', 'esptool', '--port', port, '--baud', String(baud)];
    await python([...esptool, 'read-mac']);
    await python([
      '-m',
      'esp_idf_nvs_partition_gen',
      'generate',
      join(folder, 'nvs.csv'),
      bin,
      `0x${SIZE.toString(16)}`,
    ]);
    await python([...esptool, 'write-flash', `0x${OFFSET.toString(16)}`, bin]);
    return performance.now() - started;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function python(args: readonly string[]): Promise<void> {
  const child = spawn(PYTHON, ['-W', 'ignore', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()));
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  if (exitCode !== 0) throw new Error(`${args.join(' ')} failed:\n${output}`);
}

async function measure(setting: Setting): Promise<Figures> {
  const mine = await withBoard(setting, (port) => ours(port, setting));
  const theirs = await withBoard(setting, (port) => byHand(port, setting));
  const session = mine.sessions[0];
  if (session === undefined) throw new Error('no ledger');
  return {
    ...setting,
    oursMs: Math.round(mine.value),
    byHandMs: Math.round(theirs.value),
    floorMs: Math.round(session.floor.totalMs - session.floor.bootMs),
    roundTrips: session.roundTrips,
    wireBytes: session.bytesToChip + session.bytesToHost,
    sectorsErased: session.sectorsErased,
  };
}

function line(figures: Figures): string {
  const { flash, baud, latencyMs, oursMs, byHandMs, floorMs, roundTrips, wireBytes, sectorsErased } = figures;
  const ratio = (a: number, b: number): string => `${(a / b).toFixed(1)}x`;
  const cells = [
    flash,
    baud,
    latencyMs,
    oursMs,
    floorMs,
    ratio(oursMs, floorMs),
    byHandMs,
    ratio(byHandMs, oursMs),
    roundTrips,
    wireBytes,
    sectorsErased,
  ];
  return cells.map((cell) => String(cell).padStart(9)).join('');
}

const HEAD = [
  'flash',
  'baud',
  'latency',
  'ours',
  'floor',
  'of floor',
  'by hand',
  'faster',
  'trips',
  'bytes',
  'erased',
];
console.log(HEAD.map((cell) => cell.padStart(9)).join(''));
const results: Figures[] = [];
for (const flash of ['blank', 'earlier', 'used'] as const) {
  for (const baud of [115_200, 460_800, 921_600]) {
    for (const latencyMs of [1, 16]) {
      const figures = await measure({ flash, baud, latencyMs });
      results.push(figures);
      console.log(line(figures));
    }
  }
}
writeResults('device', { milliseconds: true, results });

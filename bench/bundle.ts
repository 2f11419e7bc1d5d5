// A whole firmware and the identity in one run, on a blank board and again: beside the time of wire and flash alone, and
// beside real esptool with the same files. `npm run bench -- bundle`
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { ChipName } from '../src/core/chips/index.js';
import { makeBundle, type FirmwareBundle } from '../src/core/firmware/bundle.js';
import { profileSchema } from '../src/core/profile/schema.js';
import { connectBoard, openLink } from '../src/driver/index.js';
import { buildPlan, provisionDevice } from '../src/provision/index.js';
import { openKeyFile, type Registry } from '../src/registry/index.js';
import { REAL, type LedgerReport } from '../src/virtual/index.js';
import { imageBytes } from '../test/support/firmware.js';
import { row, tableBytes } from '../test/support/flash-layouts.js';
import { PYTHON } from '../test/support/reference-tools.js';
import { isBoardProcess, withBoard, type BoardSetup } from './support/board-apart.js';
import { writeResults } from './support/measure.js';

const MIB = 2 ** 20;
const LATENCY_MS = 1;
const APP_OFFSET = 0x20000;
const TABLE_OFFSET = 0x8000;
/** Beyond it the chip's own loader has no addresses, and firmware is refused. */
const REACH_MIB = 16;

interface Case {
  readonly chip: ChipName;
  readonly baud: number;
  readonly boards: number;
  readonly flashMiB: number;
}

/** Milliseconds, unless they say otherwise. */
interface Figures extends Case {
  /** Of one board; of several, until the last has passed. */
  readonly blankMs: number;
  readonly againMs: number;
  /** The longer of all compressed bytes on the wire, and of programming them: blank flash needs no erase. */
  readonly floorMs: number;
  /** Of ours, by the board's own clock: a busy computer does not change them. */
  readonly chipMs: number;
  readonly wireMs: number;
  readonly wireBytes: number;
  readonly roundTrips: number;
  readonly sectorsErased: number;
  readonly againWireBytes: number;
  readonly esptoolMs: number | undefined;
  readonly esptoolWireBytes: number | undefined;
  readonly esptoolRoundTrips: number | undefined;
  readonly memoryMiB: number;
}

/** Code and data in turns, as firmware has them: six tenths of each kilobyte do not compress. */
function mixed(sizeBytes: number): Uint8Array {
  const random = imageBytes({ sizeBytes, randomShare: 1 });
  const content = random.slice();
  for (let at = 0x400; at + 0x400 <= content.length; at += 0x400)
    content.fill(at >> 10, at + 614, at + 0x400);
  return content;
}

function firmwareFor({ chip, flashMiB }: Case): { bundle: FirmwareBundle; files: [number, Uint8Array][] } {
  const appBytes = Math.min(flashMiB, REACH_MIB) * MIB - APP_OFFSET - 0x20000;
  const rows = [row('nvs', 'nvs', 0x9000, 0x6000), row('factory', 'app', APP_OFFSET, appBytes)];
  const bootloaderAt = chip === 'esp32' ? 0x1000 : 0;
  const sizeAndSpeed = { 4: 0x20, 32: 0x50 }[flashMiB] ?? 0x20;
  const app = imageOf(chip, mixed(appBytes - 0x2000), sizeAndSpeed);
  const files: [number, Uint8Array][] = [
    [bootloaderAt, imageBytes({ chip, sizeBytes: 18_000, sizeAndSpeed })],
    [TABLE_OFFSET, tableBytes(rows)],
    [APP_OFFSET, app],
  ];
  const named = files.map(([offsetBytes, bytes], n) => ({ name: `part-${n}.bin`, offsetBytes, bytes }));
  return { bundle: makeBundle([{ source: 'bench', chip, files: named }], {}), files };
}

/** The header and the sums of an image around this content. */
function imageOf(chip: ChipName, content: Uint8Array, sizeAndSpeed: number): Uint8Array {
  return imageBytes({ chip, sizeAndSpeed, content, app: { project: 'bench', version: '1' } });
}

function floorOf({ baud }: Case, files: readonly [number, Uint8Array][]): number {
  let [wire, flash] = [0, 0];
  for (const [, bytes] of files) {
    wire += deflateSync(bytes, { level: 9 }).length;
    flash += Math.ceil(bytes.length / 256) * REAL.programPageMs;
  }
  return Math.max((wire * 10_000) / baud, flash);
}

async function ours(
  port: string,
  { baud }: Case,
  bundle: FirmwareBundle,
  registry: Registry,
): Promise<number> {
  const profile = profileSchema.parse({ name: 'bench', caUrl: 'https://ca.example.com' });
  const plan = await buildPlan(profile, { firmware: bundle, baud, attempts: 1 }, () => Promise.resolve(''));
  const connect = async (address: string, options: object) =>
    connectBoard(await openLink(address), { ...options, baud });
  const started = performance.now();
  const result = await provisionDevice(port, plan, { connect, registry });
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return performance.now() - started;
}

async function esptool(
  port: string,
  { chip, baud }: Case,
  folder: string,
  files: readonly [number, Uint8Array][],
) {
  const parts = files.flatMap(([offset, bytes], n) => {
    const path = join(folder, `part-${n}.bin`);
    writeFileSync(path, bytes);
    return [`0x${offset.toString(16)}`, path];
  });
  const started = performance.now();
  const args = [
    '-m',
    'esptool',
    '--chip',
    chip,
    '--port',
    port,
    '--baud',
    String(baud),
    'write-flash',
    ...parts,
  ];
  const child = spawn(PYTHON, ['-W', 'ignore', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`esptool failed:\n${output}`);
  return performance.now() - started;
}

const setupOf = ({ chip, flashMiB }: Case): BoardSetup => ({
  chip,
  latencyMs: LATENCY_MS,
  flashSizeBytes: flashMiB * MIB,
  content: {},
  blank: true,
});

async function measure(one: Case): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-bundle-bench-'));
  const registry = await openKeyFile(join(folder, 'keys.jsonl'));
  const { bundle, files } = firmwareFor(one);
  let memoryMiB = 0;
  const watch = setInterval(() => (memoryMiB = Math.max(memoryMiB, process.memoryUsage().rss / MIB)), 200);
  try {
    // Packed once for all boards of a shift.
    const boards = Array.from({ length: one.boards }, (_, n) => `a4:cf:12:00:10:0${n}`);
    const started = performance.now();
    let blankMs = 0;
    const runs = await Promise.all(
      boards.map((mac) =>
        withBoard({ ...setupOf(one), mac }, async (port) => {
          const ms = await ours(port, one, bundle, registry);
          blankMs = Math.max(blankMs, ms);
          return { ms, again: one.boards === 1 ? await ours(port, one, bundle, registry) : 0 };
        }),
      ),
    );
    console.log(`  ${one.boards} boards: ${Math.round(performance.now() - started)} ms with their start`);
    const [run] = runs;
    const [first, again] = run?.sessions ?? [];
    let theirs: { value: number; sessions: readonly LedgerReport[] } | undefined;
    if (one.boards === 1 && one.flashMiB === 4)
      theirs = await withBoard(setupOf(one), (port) => esptool(port, one, folder, files));
    const tool = theirs?.sessions[0];
    const bytesOf = (session: LedgerReport | undefined): number =>
      session === undefined ? 0 : session.bytesToChip + session.bytesToHost;
    return {
      ...one,
      blankMs: Math.round(blankMs),
      againMs: Math.round(run?.value.again ?? 0),
      floorMs: Math.round(floorOf(one, files)),
      chipMs: chipMs(first),
      wireMs: Math.round((first?.timeMs.wireToChip ?? 0) + (first?.timeMs.wireToHost ?? 0)),
      wireBytes: bytesOf(first),
      roundTrips: first?.roundTrips ?? 0,
      sectorsErased: first?.sectorsErased ?? 0,
      againWireBytes: bytesOf(again),
      esptoolMs: theirs && Math.round(theirs.value),
      esptoolWireBytes: tool && bytesOf(tool),
      esptoolRoundTrips: tool?.roundTrips,
      memoryMiB: Math.round(memoryMiB),
    };
  } finally {
    clearInterval(watch);
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function chipMs(session: LedgerReport | undefined): number {
  if (session === undefined) return 0;
  const { erase, program, md5, command } = session.timeMs;
  return Math.round(erase + program + md5 + command);
}

async function main(): Promise<void> {
  const cases: Case[] = [];
  for (const chip of ['esp32s3', 'esp32'] as const)
    for (const baud of [921_600, 2_000_000]) cases.push({ chip, baud, boards: 1, flashMiB: 4 });
  cases.push({ chip: 'esp32s3', baud: 921_600, boards: 8, flashMiB: 4 });
  cases.push({ chip: 'esp32s3', baud: 2_000_000, boards: 1, flashMiB: 32 });
  const results: Figures[] = [];
  for (const one of cases) {
    const figures = await measure(one);
    results.push(figures);
    const { floorMs, blankMs, againMs, esptoolMs } = figures;
    const ratio = (blankMs / floorMs).toFixed(2);
    console.log(
      `${one.chip} ${one.baud} ${one.flashMiB} MB x${one.boards}: ${blankMs} ms, floor ${floorMs} (${ratio}x), again ${againMs}, esptool ${esptoolMs ?? '-'}; ` +
        `${figures.wireBytes} bytes, ${figures.roundTrips} trips, ${figures.memoryMiB} MiB; esptool ${figures.esptoolWireBytes ?? '-'} bytes, ${figures.esptoolRoundTrips ?? '-'} trips`,
    );
    writeResults('bundle', { milliseconds: true, latencyMs: LATENCY_MS, results });
  }
}

if (!(await isBoardProcess())) await main();

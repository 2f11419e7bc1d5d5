// The NVS codec beside Espressif's generator, on the same rows, in turns, in one run.
// `npm run bench -- nvs [--hostile N]`: the option runs N seeded hostile images through the readers instead.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isEspmintError } from '../src/core/errors/index.js';
import * as nvs from '../src/core/nvs/index.js';
import { PYTHON, ROOT } from '../test/support/reference-tools.js';
import { CORPUS, fixture } from '../test/support/nvs-corpus.js';
import { hostileImage } from '../test/support/nvs-hostile.js';
import { measureProcess, median, ratePerSecond, writeResults } from './support/measure.js';

const SIZE = 0x10000;
const ROUNDS = 5;
const SECONDS = 1;
const MASS_ROWS = 100_000;
const CSV = `${CORPUS}01-seed.csv`;
const BIN = join(ROOT, 'bin/espmint.js');

const values: nvs.NvsRow[] = nvs
  .decodeNvs(nvs.generateNvs([{ file: CSV, bytes: new Uint8Array(readFileSync(CSV)) }], SIZE).image)
  .values.map(({ namespace, key, value }) => ({ namespace, key, type: 'string', value: String(value) }));

/** The rows of a thousand devices: UUID and PSK differ, the rest is the same for all. */
const devices = Array.from({ length: 1000 }, (_, i) =>
  values.map((row): nvs.NvsRow => {
    if (row.type !== 'string' || (row.key !== 'global_uuid' && row.key !== 'psk_secret')) return row;
    const digits = (i * 2_654_435_761).toString(16).padStart(12, '0').slice(0, 12);
    return { ...row, value: row.value.slice(0, -12) + digits };
  }),
);

type Mode = 'memory' | 'encrypted' | 'files';

/** The tool as a process that answers requests, so that both sides run in turns and meet the same load. */
class Tool {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(folder: string) {
    const script = `${ROOT}bench/support/nvs_tool.py`;
    this.#child = spawn(PYTHON, ['-W', 'ignore', script, CSV, `${CORPUS}files/nvs_keys.bin`], {
      cwd: folder,
    });
    this.#child.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async rate(mode: Mode): Promise<number> {
    this.#child.stdin.write(`${JSON.stringify({ mode, seconds: SECONDS })}\n`);
    const answer = await this.#answers.next();
    const { images, seconds } = JSON.parse(String(answer.value)) as { images: number; seconds: number };
    return images / seconds;
  }

  close(): void {
    this.#child.stdin.end();
  }
}

async function compareInProcess(folder: string): Promise<Record<string, number>> {
  const key = nvs.decodeKeyFile(fixture('files/nvs_keys.bin'));
  const template = nvs.compileTemplate(values, SIZE);
  const device = (call: number): nvs.NvsRow[] => devices[call % devices.length] as nvs.NvsRow[];
  const ours: Record<string, (call: number) => void> = {
    'ours, in memory': (call) => nvs.encodeNvs(device(call), SIZE),
    'ours, in memory, template': (call) => template.fill(device(call)),
    'ours, in memory, template and a copy of each': (call) => template.fill(device(call)).slice(),
    'ours, encrypted': (call) => nvs.encryptNvs(nvs.encodeNvs(device(call), SIZE), key),
    'ours, files': () => {
      const { image } = nvs.generateNvs([{ file: CSV, bytes: readFileSync(CSV) }], SIZE);
      writeFileSync(join(folder, 'ours.bin'), image);
    },
  };
  const rates: Record<string, number[]> = {};
  const tool = new Tool(folder);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, run] of Object.entries(ours)) (rates[name] ??= []).push(ratePerSecond(run, SECONDS));
      for (const mode of ['memory', 'encrypted', 'files'] as const) {
        (rates[`tool, ${mode === 'memory' ? 'in memory' : mode}`] ??= []).push(await tool.rate(mode));
      }
    }
  } finally {
    tool.close();
  }
  return Object.fromEntries(Object.entries(rates).map(([name, all]) => [name, Math.round(median(all))]));
}

function compareProcesses(folder: string): Record<string, { wallMs: number; peakMiB: number }> {
  const commands = {
    ours: [process.execPath, BIN, 'nvs', 'generate', CSV, join(folder, 'a.bin'), '0x10000'],
    tool: [PYTHON, '-m', 'esp_idf_nvs_partition_gen', 'generate', CSV, join(folder, 'b.bin'), '0x10000'],
  };
  const runs: Record<string, { wallMs: number; peakMiB: number }[]> = { ours: [], tool: [] };
  for (let i = 0; i < 10; i++) {
    for (const [name, command] of Object.entries(commands)) runs[name]?.push(measureProcess(command, folder));
  }
  return Object.fromEntries(
    Object.entries(runs).map(([name, all]) => [
      name,
      {
        wallMs: Math.round(median(all.map(({ wallMs }) => wallMs))),
        peakMiB: Math.round(median(all.map(({ peakMiB }) => peakMiB))),
      },
    ]),
  );
}

function runMass(folder: string): Record<string, number> {
  writeFileSync(
    join(folder, 'config.csv'),
    ['zc,namespace,', ...values.map((row) => `${'key' in row ? row.key : ''},data,string`), ''].join('\n'),
  );
  const lines = Array.from({ length: MASS_ROWS }, (_, i) =>
    (devices[i % devices.length] ?? []).map((row) => (row.type === 'string' ? row.value : '')).join(','),
  );
  const header = values.map((row) => ('key' in row ? row.key : '')).join(',');
  writeFileSync(join(folder, 'values.csv'), [header, ...lines, ''].join('\n'));
  const out = join(folder, 'mass');
  const command = [
    process.execPath,
    BIN,
    'nvs',
    'mass',
    join(folder, 'config.csv'),
    join(folder, 'values.csv'),
    '--out-dir',
    out,
    '--size',
    '0x3000',
  ];
  const { wallMs, peakMiB } = measureProcess(command, folder);
  return {
    rows: MASS_ROWS,
    seconds: Math.round(wallMs / 100) / 10,
    imagesPerSecond: Math.round(MASS_ROWS / (wallMs / 1000)),
    peakMiB: Math.round(peakMiB),
  };
}

/** Every reader on seeded hostile images: a result or a typed error, and no input takes long. */
function runHostile(count: number): Record<string, number> {
  let slowestMs = 0;
  let refused = 0;
  const started = performance.now();
  for (let seed = 0; seed < count; seed++) {
    const image = hostileImage(seed);
    const began = performance.now();
    nvs.verifyNvs(image);
    nvs.inspectNvs(image);
    try {
      nvs.mergeNvs(image, [], { allowLoss: true });
    } catch (error) {
      if (!isEspmintError(error)) throw new Error(`seed ${seed} broke the codec`, { cause: error });
      refused += 1;
    }
    slowestMs = Math.max(slowestMs, performance.now() - began);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  return {
    inputs: count,
    seconds,
    refused,
    slowestMs: Math.round(slowestMs),
    heapMiB: Math.round(process.memoryUsage().rss / 1048576),
  };
}

async function main(): Promise<void> {
  const hostile = process.argv.indexOf('--hostile');
  if (hostile > 0) {
    const figures = runHostile(Number(process.argv[hostile + 1] ?? 200_000));
    console.log('hostile images', figures);
    writeResults('nvs-hostile', figures);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'espmint-bench-'));
  try {
    const imagesPerSecond = await compareInProcess(folder);
    console.log(`images a second, five rows, ${SIZE} bytes each (median of ${ROUNDS} rounds in turns)`);
    console.table(imagesPerSecond);
    const asProcess = compareProcesses(folder);
    console.log('one image as a process (median of 10)');
    console.table(asProcess);
    const mass = runMass(folder);
    console.log('espmint nvs mass', mass);
    writeResults('nvs', { imagesPerSecond, asProcess, mass });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();

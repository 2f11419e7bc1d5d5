// Whole processes, as a shell starts them: espmint beside bare Node and beside what a user would run instead, in turns
// in one run. `npm run bench -- startup [--rounds N]`
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { PYTHON, ROOT } from '../test/support/reference-tools.js';
import { isBoardProcess, withBoard } from './support/board-apart.js';
import { provisionByHand } from './support/by-hand.js';
import { CSV, OFFSET_BYTES, setupOf, type Setting } from './support/device-work.js';
import { measureProcess, median, writeResults } from './support/measure.js';

const BIN = join(ROOT, 'bin/espmint.js');
const SETTING: Setting = { flash: 'blank', baud: 460_800, latencyMs: 1 };
/** The nvs partition of the stock table: what espmint writes when it is given no size. */
const NVS_BYTES = 0x6000;

interface Figures {
  readonly wallMs: number;
  /** Of the process and all that it started and waited for; absent where several processes are one work. */
  readonly cpuMs?: number;
}

/** One run of something, by its name in the table. */
type Runs = Readonly<Record<string, () => Figures | Promise<Figures>>>;

function runsIn(folder: string): Runs {
  const run = (...command: string[]) => measureProcess(command, folder);
  const espmint = (...args: string[]) => run(process.execPath, BIN, ...args);
  const provision = (...args: string[]) =>
    withBoard(setupOf(SETTING), (port) =>
      Promise.resolve(
        espmint(
          'provision',
          '--port',
          port,
          '--baud',
          String(SETTING.baud),
          '--ca-url',
          'https://ca',
          ...args,
        ),
      ),
    ).then(({ value }) => value);
  return {
    'node -e 0': () => run(process.execPath, '-e', '0'),
    'espmint --version': () => espmint('--version'),
    'espmint devices --help': () => espmint('devices', '--help'),
    'espmint identity': () => espmint('identity', 'a4:cf:12:34:56:78'),
    'espmint nvs generate': () => espmint('nvs', 'generate', CSV, join(folder, 'ours.bin'), '0x6000'),
    "Espressif's generator": () =>
      run(PYTHON, '-m', 'esp_idf_nvs_partition_gen', 'generate', CSV, join(folder, 'tool.bin'), '0x6000'),
    'espmint provision, no registry': () =>
      provision('--registry', 'none', '--keys-to', join(folder, 'keys.jsonl')),
    'espmint provision, embedded registry': () => provision('--data-dir', join(folder, 'data')),
    'by hand: esptool, generator, esptool': async () => {
      const work = { csv: CSV, offsetBytes: OFFSET_BYTES, sizeBytes: NVS_BYTES, baud: SETTING.baud };
      const { value } = await withBoard(setupOf(SETTING), (port) => provisionByHand(port, work));
      return { wallMs: value };
    },
    'espmint serve, until it is ready': async () => ({
      wallMs: await untilReady(join(folder, 'data')),
    }),
  };
}

/** Starts the service on data that exist, asks it as soon as it says where it listens, and stops it. */
async function untilReady(dataDir: string): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [BIN, '--data-dir', dataDir, 'serve', '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as { readonly type: string; readonly url: string };
      if (said.type !== 'serving') continue;
      const answer = await fetch(`${said.url}/api/v1/health/ready`);
      if (answer.status !== 200) throw new Error(`health/ready answers ${answer.status}`);
      break;
    }
    return performance.now() - started;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '11' } } });
  const folder = mkdtempSync(join(tmpdir(), 'espmint-bench-'));
  // The server of root runs as another user, who must get through.
  chmodSync(folder, 0o755);
  const all: Record<string, Figures[]> = {};
  try {
    const runs = runsIn(folder);
    // The first round makes the database and fills the disk's cache: it is not counted.
    for (let round = 0; round <= Number(values.rounds); round++)
      for (const [name, run] of Object.entries(runs)) {
        const figures = await run();
        if (round > 0) (all[name] ??= []).push(figures);
      }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const bare = median((all['node -e 0'] ?? []).map(({ wallMs }) => wallMs));
  const processes = Object.fromEntries(
    Object.entries(all).map(([name, figures]) => {
      const wallMs = median(figures.map((each) => each.wallMs));
      const cpu = figures.flatMap(({ cpuMs }) => (cpuMs === undefined ? [] : [cpuMs]));
      return [
        name,
        {
          wallMs: Math.round(wallMs),
          ...(cpu.length === 0 ? {} : { cpuMs: Math.round(median(cpu)) }),
          ofBareNode: Math.round((wallMs / bare) * 10) / 10,
        },
      ];
    }),
  );
  console.table(processes);
  writeResults('startup', { rounds: Number(values.rounds), baud: SETTING.baud, processes });
}

if (!(await isBoardProcess())) await main();

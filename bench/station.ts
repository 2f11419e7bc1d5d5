// 32 boards with real timing on one station: how long all of them take beside one alone, boards an hour, processor time
// a board, event-loop delay; then many boards one after the other for memory. `npm run bench -- station [BOARDS]`
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { parseProfile } from '../src/core/profile/parse.js';
import type { ProvisionResult } from '../src/core/stages.js';
import { connectBoard, openLink } from '../src/driver/index.js';
import { buildPlan, provisionDevice, Station } from '../src/provision/index.js';
import type * as RegistryModule from '../src/registry/index.js';
import { createVirtualBoard, INSTANT, REAL, serveTcp } from '../src/virtual/index.js';
import { ROOT } from '../test/support/judges.js';
import { writeResults } from './support/measure.js';

// The registry finds its migrations beside itself: it is not bundled.
const { openRegistry } = (await import(`${ROOT}dist/registry/index.js`)) as typeof RegistryModule;
type Registry = RegistryModule.Registry;

const SLOTS = 32;
const MEMORY_BOARDS = Number(process.argv[2] ?? 5000);
const SAMPLES = 6;

/** The boards live in a thread of their own: their time is not the station's. */
async function serveBoards(): Promise<void> {
  const { count, real, firstBoard } = workerData as { count: number; real: boolean; firstBoard: number };
  const urls: string[] = [];
  for (let index = 0; index < count; index++) {
    const mac = macOf(firstBoard + index);
    // A board behind a socket has a fixed rate: at 115200 the wire is the bottleneck, as with a slow adapter.
    const board = createVirtualBoard({ mac, timing: real ? REAL : INSTANT });
    urls.push((await serveTcp(board, { host: '127.0.0.1', port: 0 }, 'reset')).url);
  }
  parentPort?.postMessage(urls);
}

function macOf(board: number): string {
  const tail = board.toString(16).padStart(6, '0');
  return `a4:cf:12:${tail.match(/../g)?.join(':') ?? ''}`;
}

async function startBoards(
  count: number,
  real: boolean,
  firstBoard: number,
): Promise<{ urls: string[]; worker: Worker }> {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { count, real, firstBoard } });
  const urls = await new Promise<string[]>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  return { urls, worker };
}

/** Runs a station over these ports until each has a result. */
async function runAll(
  urls: readonly string[],
  registry: Registry,
): Promise<{ results: ProvisionResult[]; wallMs: number }> {
  const plan = await buildPlan(
    parseProfile('{name: bench, caUrl: "https://ca.example.com"}', 'bench'),
    {},
    () => Promise.resolve(''),
  );
  const results: ProvisionResult[] = [];
  let finished: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (finished = resolve));
  const connect = async (
    port: string,
    { signal, baud }: { signal?: AbortSignal | undefined; baud: number },
  ) => connectBoard(await openLink(port, { signal }), { signal, baud });
  const station = new Station({
    run: ({ port }, options) => provisionDevice(port, plan, { connect, registry }, options),
    onEvent: (event) => {
      if (event.type !== 'ended') return;
      results.push(event.result);
      if (results.length === urls.length) finished();
    },
  });
  const started = performance.now();
  for (const url of urls)
    station.portChanged({ type: 'arrived', place: url, port: { path: url, isNativeUsb: false } });
  await all;
  return { results, wallMs: performance.now() - started };
}

async function measureWall(registry: Registry): Promise<object> {
  const one = await startBoards(1, true, 0);
  const alone = await runAll(one.urls, registry);
  await one.worker.terminate();
  const many = await startBoards(SLOTS, true, 100);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const cpu = process.cpuUsage();
  const together = await runAll(many.urls, registry);
  const used = process.cpuUsage(cpu);
  delay.disable();
  await many.worker.terminate();
  return {
    slots: SLOTS,
    passed: together.results.filter(({ ok }) => ok).length,
    oneBoardMs: Math.round(alone.wallMs),
    allBoardsMs: Math.round(together.wallMs),
    ratio: together.wallMs / alone.wallMs,
    boardsPerHour: Math.round((SLOTS * 3_600_000) / together.wallMs),
    // Of the whole process: the boards' own thread is in it.
    processCpuMsPerBoard: Math.round((used.user + used.system) / 1000 / SLOTS),
    eventLoopP99Ms: delay.percentile(99) / 1e6 - 5,
  };
}

/** The heap after each sixth of the boards: flat means that nothing of a board is kept. */
async function measureMemory(registry: Registry): Promise<object> {
  const heapMiB: number[] = [];
  let passed = 0;
  const perSample = Math.ceil(MEMORY_BOARDS / SAMPLES / SLOTS);
  const started = performance.now();
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (let round = 0; round < perSample; round++) {
      const first = 1000 + (sample * perSample + round) * SLOTS;
      const { urls, worker } = await startBoards(SLOTS, false, first);
      passed += (await runAll(urls, registry)).results.filter(({ ok }) => ok).length;
      await worker.terminate();
    }
    globalThis.gc?.();
    heapMiB.push(Math.round((process.memoryUsage().heapUsed / 2 ** 20) * 10) / 10);
  }
  return {
    boards: SAMPLES * perSample * SLOTS,
    passed,
    heapMiB,
    seconds: Math.round((performance.now() - started) / 1000),
  };
}

async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'espmint-bench-station-'));
  const registry = await openRegistry({ dataDir });
  try {
    const wall = await measureWall(registry);
    console.log(wall);
    const memory = await measureMemory(registry);
    console.log(memory);
    writeResults('station', { wall, memory });
  } finally {
    await registry.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

await (isMainThread ? main() : serveBoards());

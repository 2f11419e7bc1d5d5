// Memory of `espmint serve` with its embedded server, sampled while 32 boards are provisioned again and again: flat means
// that nothing of a run is kept. `npm run bench -- memory [--runs N]`
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ROOT } from '../test/support/reference-tools.js';
import { serverMemoryMiB } from './registry/memory.js';
import { BoardProcess, isBoardProcess, serveBoards } from './support/board-process.js';
import { closeBySignal } from './support/end-by-signal.js';
import { writeResults } from './support/measure.js';

const SLOTS = 32;
const SAMPLES = 10;
const POLL_MS = 20;

interface Service {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

async function startService(dataDir: string): Promise<Service> {
  const child = spawn(
    process.execPath,
    [`${ROOT}bin/espmint.js`, '--data-dir', dataDir, 'serve', '--port', '0', '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'close');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { url } = JSON.parse(line) as { url: string };
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return { url: `${url}/api/v1`, pid: child.pid ?? 0, close };
}

async function call(url: string, method: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

interface Job {
  readonly id: string;
  readonly state: string;
}

/** All of them at once; how many did not pass. */
async function provision(api: string, ports: readonly string[]): Promise<number> {
  const { jobs } = (await call(`${api}/jobs`, 'POST', { ports, profile: { name: 'bench' } })) as unknown as {
    jobs: readonly Job[];
  };
  let failed = 0;
  for (const { id } of jobs)
    for (;;) {
      const { state } = (await call(`${api}/jobs/${id}`, 'GET')) as unknown as Job;
      if (state === 'passed') break;
      if (state !== 'queued' && state !== 'running') {
        failed += 1;
        break;
      }
      await sleep(POLL_MS);
    }
  return failed;
}

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '5000' } } });
  if (process.platform !== 'linux') throw new Error('bench memory reads /proc, so it runs on Linux only');
  const folder = mkdtempSync(join(tmpdir(), 'espmint-bench-memory-'));
  // The server of root runs as another user, who must get through.
  chmodSync(folder, 0o755);
  const dataDir = join(folder, 'data');
  const boards = new BoardProcess(fileURLToPath(import.meta.url));
  const starting = startService(dataDir);
  const close = async (): Promise<void> => {
    await (await starting).close();
    await boards.close();
    rmSync(folder, { recursive: true, force: true });
  };
  closeBySignal(close);
  try {
    const { url, pid } = await starting;
    await call(`${url}/profiles`, 'POST', {
      profile: { settings: { name: 'bench', caUrl: 'https://ca.example.com' } },
    });
    const ports = await boards.serve({ count: SLOTS, firstBoard: 0, timing: 'instant', link: 'tcp' });
    for (const port of ports) await call(`${url}/ports`, 'POST', { port });
    const sample = (runs: number) => ({
      runs,
      serviceMiB: Math.round(residentMiB(pid)),
      serverMiB: Math.round(serverMemoryMiB(dataDir) ?? NaN),
    });
    const samples = [sample(0)];
    const wanted = Number(values.runs);
    let failed = 0;
    for (let runs = 0; runs < wanted;) {
      failed += await provision(url, ports);
      runs += SLOTS;
      if (runs < (wanted * samples.length) / SAMPLES) continue;
      samples.push(sample(runs));
      console.log(samples.at(-1));
    }
    writeResults('memory', { boards: SLOTS, failed, samples });
  } finally {
    await close();
  }
}

if (isBoardProcess()) serveBoards();
else await main();

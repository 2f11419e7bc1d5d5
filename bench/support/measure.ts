// What benchmarks share: timing, medians, processes with their peak memory, and the file of results.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { PYTHON, ROOT } from '../../test/support/reference-tools.js';

/** Calls `run` for about so many seconds; returns calls a second. */
export function ratePerSecond(run: (call: number) => void, seconds: number): number {
  for (let call = 0; call < 200; call++) run(call);
  let calls = 0;
  const started = performance.now();
  while (performance.now() - started < seconds * 1000) {
    for (let i = 0; i < 20; i++) run(calls + i);
    calls += 20;
  }
  return calls / ((performance.now() - started) / 1000);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

export interface ProcessFigures {
  readonly wallMs: number;
  /** Processor time of the process and all that it waited for. */
  readonly cpuMs: number;
  readonly peakMiB: number;
}

/** Runs a command to its end, watched by the operating system's own accounting of children. */
export function measureProcess(command: readonly string[], cwd: string): ProcessFigures {
  const watch = [
    'import resource,subprocess,sys,time',
    't=time.perf_counter()',
    'code=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL).returncode',
    'spent=time.perf_counter()-t',
    'used=resource.getrusage(resource.RUSAGE_CHILDREN)',
    'print(spent,used.ru_utime+used.ru_stime,used.ru_maxrss)',
    'sys.exit(code)',
  ].join('\n');
  const run = spawnSync(PYTHON, ['-c', watch, ...command], { cwd, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${command.join(' ')} failed: ${run.stderr}`);
  const [seconds = 0, cpuSeconds = 0, kibibytes = 0] = run.stdout.trim().split(' ').map(Number);
  return { wallMs: seconds * 1000, cpuMs: cpuSeconds * 1000, peakMiB: kibibytes / 1024 };
}

/** Where the figures of a benchmark are kept; `npm run bench` keeps those of one whole run apart. */
const RESULTS = join(ROOT, 'bench/results', process.env['ESPMINT_BENCH_RUN'] ?? '');

/** Writes NAME.json with the machine beside the figures: without it they mean nothing. */
export function writeResults(name: string, figures: object): void {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    platform: process.platform,
  };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify({ machine, ...figures }, null, 2)}\n`);
}

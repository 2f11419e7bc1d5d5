// Runs the built espmint as a user would: as processes, with everything they print kept for searching.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvisionEvent, ProvisionResult } from '../../src/core/stages.js';
import { ROOT } from './reference-tools.js';

const BIN = join(ROOT, 'bin/espmint.js');
/** The test runner asks for colours; a user's pipe does not. */
const PLAIN_ENV = { ...process.env, FORCE_COLOR: undefined };

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output read as JSON Lines; lines that are none are left out. */
  readonly records: readonly { readonly type: string; readonly [field: string]: unknown }[];
}

interface RunOptions {
  readonly env?: Record<string, string>;
  /** Sees each line of standard output as it comes, and may end the process. */
  readonly onLine?: (line: string, child: ChildProcessWithoutNullStreams) => void;
}

/** Runs one command to its end. */
export async function espmint(args: readonly string[], options: RunOptions = {}): Promise<CliRun> {
  const child = spawn(process.execPath, [BIN, ...args], { env: { ...PLAIN_ENV, ...options.env } });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout += `${line}\n`;
    options.onLine?.(line, child);
  });
  child.stdin.end();
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr, records: parseLines(stdout) };
}

/** The stage and result events of a `provision --json` run. */
export function eventsOf(run: CliRun): ProvisionEvent[] {
  return run.records as unknown as ProvisionEvent[];
}

export function resultsOf(run: CliRun): ProvisionResult[] {
  return eventsOf(run).filter((event) => event.type === 'result');
}

/** Lines of JSON, others left out. */
export function parseLines(text: string): CliRun['records'] {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as CliRun['records'][number]];
    } catch {
      return [];
    }
  });
}

export interface VirtualBench {
  readonly urls: readonly string[];
  readonly macs: readonly string[];
  close(): Promise<void>;
}

/** Starts `espmint virtual` as a process and waits until `count` boards can be opened. */
export async function startVirtualProcess(args: readonly string[], count = 1): Promise<VirtualBench> {
  const child = spawn(process.execPath, [BIN, 'virtual', ...args, '--json'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const boards: { url: string; mac: string }[] = [];
  const ended = once(child, 'close');
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      boards.push(JSON.parse(line) as { url: string; mac: string });
      if (boards.length === count) resolve();
    });
    void ended.then(() => reject(new Error(`espmint virtual ended early: ${stderr}`)));
  });
  await ready;
  return {
    urls: boards.map(({ url }) => url),
    macs: boards.map(({ mac }) => mac),
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/** A folder of its own for one test file, reachable by an unprivileged database server. */
export function scratchDir(name: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `espmint-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

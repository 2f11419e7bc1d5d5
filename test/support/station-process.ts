// `espmint station` as a process of its own: what it says is read along, and a test types as its operator does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './reference-tools.js';

const POLL_MS = 100;

interface Line {
  readonly type: string;
  readonly state?: string;
  readonly result?: StationResult;
}

interface StationResult {
  readonly ok: boolean;
  readonly mac?: string;
  readonly code?: string;
}

export interface StationProcess {
  /** MACs of the boards that have passed, in their order. */
  readonly passed: readonly string[];
  /** Of the runs that have not passed. */
  readonly codes: ReadonlySet<string>;
  /** The same, whole. */
  readonly failures: readonly StationResult[];
  /** All that it has printed. */
  text(): string;
  /** Slots that were seen to wait: with `--start key` for the key. */
  readonly waited: number;
  /** As an operator: one line, with its end. */
  type(line: string): void;
  /** Ends it with this signal; resolves when it has gone. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Resolves when it has gone by itself. */
  readonly left: Promise<unknown>;
}

export function startStation(args: readonly string[], env: NodeJS.ProcessEnv): StationProcess {
  const child = spawn(process.execPath, [join(ROOT, 'bin/espmint.js'), 'station', '--json', ...args], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const passed: string[] = [];
  const codes = new Set<string>();
  const failures: StationResult[] = [];
  const lines: string[] = [];
  let waited = 0;
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(text);
    const { type, state, result } = JSON.parse(text) as Line;
    if (type === 'slot' && state === 'waiting') waited += 1;
    if (type !== 'ended' || result === undefined) return;
    if (result.ok) passed.push(result.mac ?? '');
    else {
      codes.add(result.code ?? '');
      failures.push(result);
    }
  });
  // A station that was killed reads no more.
  child.stdin.on('error', () => undefined);
  const left = once(child, 'exit');
  return {
    passed,
    codes,
    failures,
    text: () => lines.join('\n'),
    get waited() {
      return waited;
    },
    type: (line) => child.stdin.write(`${line}\n`),
    end: async (signal) => {
      child.kill(signal);
      await left;
    },
    left,
  };
}

/** Waits for a condition that comes by itself. @throws Error that says what did not come */
export async function until(
  what: string,
  patienceMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(POLL_MS);
  }
}

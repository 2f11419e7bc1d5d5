// Processes in PID namespaces of their own, as in containers, that share one folder: they store keys, are killed, and take
// over what others have left. None can see whether the others live.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Log } from '../../../src/registry/spool/log.js';
import { ROOT } from '../../support/reference-tools.js';

const WRITERS = 3;

/** On Linux, where this user may make namespaces. */
export function canUnshare(): boolean {
  return process.platform === 'linux' && spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;
}

export interface NamespaceFigures {
  readonly processes: number;
  readonly stored: number;
  readonly lost: readonly string[];
  /** Processes that ended before they were killed. */
  readonly crashed: number;
}

export async function runNamespaceCampaign(rounds: number): Promise<NamespaceFigures> {
  const root = mkdtempSync(join(tmpdir(), 'espmint-namespaces-'));
  const stored = new Set<string>();
  let crashed = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      const killed = await Promise.all(
        Array.from({ length: WRITERS }, (_, writer) => runWriter(root, `${round}-${writer}`, stored)),
      );
      crashed += killed.filter((wasKilled) => !wasKilled).length;
    }
    const found = new Set((await new Log<string>(root).read()).records);
    const lost = [...stored].filter((key) => !found.has(key));
    return { processes: rounds * WRITERS, stored: stored.size, lost, crashed };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * Killed some time after its first key, in its own namespace: the kill of `unshare` ends it too.
 *
 * @returns whether it lived until then
 */
async function runWriter(root: string, name: string, stored: Set<string>): Promise<boolean> {
  const script = join(ROOT, 'test/soak/hostile/namespace-writer.mjs');
  const command = ['--pid', '--fork', '--kill-child', process.execPath, script, root, name];
  const child = spawn('unshare', command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line');
  lines.on('line', (key) => stored.add(key));
  await Promise.race([first, ended]);
  await sleep(Math.random() * 300);
  const wasAlive = child.exitCode === null;
  child.kill('SIGKILL');
  await ended;
  return wasAlive;
}

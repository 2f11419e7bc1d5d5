// Many espmint processes on one data directory: they start, write, leave, vanish and are killed as they like.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { openRegistry } from '../../src/registry/index.js';

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'espmint-many-'));
const socketDir = join(dataDir, 'postgres/run');
const pidFile = join(dataDir, 'postgres/cluster/postmaster.pid');
afterAll(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

/** Keys that the workers have reported as flashed: `mac psk`. */
const flashed = new Set<string>();
const BOARDS = 20;

interface Fate {
  readonly leave: 'close' | 'vanish';
  readonly killAfterMs?: number;
}

/** Returns what a worker that was not killed has complained of; empty when it went well. */
async function runWorker({ leave, killAfterMs }: Fate): Promise<string> {
  const first = Math.floor(Math.random() * BOARDS);
  const child = spawn(process.execPath, [WORKER, dataDir, String(first), '3', leave]);
  let [said, complaint] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  for (const [, key] of said.matchAll(/^flashed (\S+ [0-9a-f]{32})$/gm)) flashed.add(key ?? '');
  return code === 0 || code === null ? '' : complaint;
}

function serverPid(): number | undefined {
  return existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) : undefined;
}

async function storedKeys(): Promise<Set<string>> {
  const registry = await openRegistry({ dataDir });
  const client = new pg.Client({ host: socketDir, user: 'espmint', database: 'espmint' });
  await client.connect();
  try {
    const { rows } = await client.query<{ key: string }>(
      `select regexp_replace(mac_key, '(..)(?=.)', '\\1:', 'g') || ' ' || psk_secret as key from device_keys`,
    );
    return new Set(rows.map(({ key }) => key));
  } finally {
    await client.end();
    await registry.close();
  }
}

it('ten at once make one server of a fresh data directory, and the last one out stops it', async () => {
  const complaints = await Promise.all(Array.from({ length: 10 }, () => runWorker({ leave: 'close' })));
  expect(complaints.filter((text) => text !== '')).toEqual([]);
  expect(serverPid()).toBeUndefined();
});

it('processes that are killed or vanish cost the others nothing and lose no key', async () => {
  const lives = Array.from({ length: 5 }, async () => {
    const complaints: string[] = [];
    for (let life = 0; life < 4; life++) {
      const leave = Math.random() < 0.3 ? 'vanish' : 'close';
      const killAfterMs = Math.random() < 0.4 ? 200 + Math.random() * 600 : undefined;
      complaints.push(await runWorker(killAfterMs === undefined ? { leave } : { leave, killAfterMs }));
    }
    return complaints;
  });
  const complaints = (await Promise.all(lives)).flat();
  expect(complaints.filter((text) => text !== '')).toEqual([]);
  const stored = await storedKeys();
  expect([...flashed].filter((key) => !stored.has(key))).toEqual([]);
  expect(flashed.size).toBeGreaterThan(30);
});

it('a server that is killed under them is started again without a failed call', async () => {
  const workers = Promise.all(Array.from({ length: 4 }, () => runWorker({ leave: 'close' })));
  for (let kills = 0; kills < 2; kills++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const pid = serverPid();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }
  expect((await workers).filter((text) => text !== '')).toEqual([]);
  const stored = await storedKeys();
  expect([...flashed].filter((key) => !stored.has(key))).toEqual([]);
});

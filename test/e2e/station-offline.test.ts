// A batch goes on while its database is away: boards pass from places held ahead, a killed station loses none of them.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { openProduction } from '../../src/registry/index.js';
import { otherPostgresBin } from '../registry/other-postgres.js';
import { makeTcpPostgres } from '../registry/tcp-postgres.js';
import { scratchDir, startVirtual } from '../support/cli.js';
import { judgeAvailable, ROOT } from '../support/judges.js';

const QUANTITY = 24;
const BOARDS = 12;
const PLACES = 4;
const PATIENCE_MS = 90_000;

interface RunningStation {
  readonly child: ChildProcess;
  /** MACs of the boards that have passed, in their order. */
  readonly passed: readonly string[];
  /** What slots were told when they had to wait. */
  readonly codes: ReadonlySet<string>;
}

function startStation(args: readonly string[], env: NodeJS.ProcessEnv): RunningStation {
  const child = spawn(process.execPath, [join(ROOT, 'bin/espmint.js'), 'station', '--json', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const passed: string[] = [];
  const codes = new Set<string>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { type, result } = JSON.parse(line) as {
      type: string;
      result?: { ok: boolean; mac?: string; code?: string };
    };
    if (type !== 'ended' || result === undefined) return;
    if (result.ok) passed.push(result.mac ?? '');
    else codes.add(result.code ?? '');
  });
  return { child, passed, codes };
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(100);
  }
}

const scratch = scratchDir('station-offline');
afterAll(() => scratch.remove());
const binDir = otherPostgresBin();

it.runIf(judgeAvailable('a PostgreSQL server that goes away', binDir))(
  'boards pass while the database is away, up to the places held ahead, and each counts once when it is back',
  async () => {
    chmodSync(scratch.path, 0o755);
    const profile = join(scratch.path, 'sensor.yaml');
    writeFileSync(profile, 'name: sensor\nversion: 1\ncaUrl: https://ca.example.com\n');
    const server = await makeTcpPostgres(binDir, join(scratch.path, 'server'));
    const databaseUrl = server.url('postgres');
    const env = {
      ...process.env,
      FORCE_COLOR: undefined,
      ESPMINT_MASTER_KEY: '11'.repeat(32),
      ESPMINT_DATABASE_URL: databaseUrl,
    };
    const bench = await startVirtual(
      ['--count', String(BOARDS), '--listen', 'rfc2217://127.0.0.1:0'],
      BOARDS,
    );
    const judge = await openProduction({ dataDir: join(scratch.path, 'judge'), databaseUrl, env });
    const ports = bench.urls.flatMap((port) => ['--port', port]);
    const who = [
      '--profile',
      profile,
      '--batch',
      'WO',
      '--name',
      'line 1',
      '--data-dir',
      join(scratch.path, 'line'),
    ];
    const args = [...who, ...ports, '--max-running', '2', '--offline-boards', String(PLACES)];
    const running: RunningStation[] = [];
    const start = (): RunningStation => {
      const station = startStation(args, env);
      running.push(station);
      return station;
    };
    try {
      const wanted = { name: 'WO', profile: { name: 'sensor', version: 1 }, quantity: QUANTITY };
      await judge.batches.create({ ...wanted, serialTemplate: 'SN-{000}' }, 'tester');
      const first = start();
      await until('two boards have passed', () => first.passed.length >= 2);
      await until('places are held', async () => (await judge.batches.get('WO')).counts.held === PLACES);
      await server.kill();
      const before = first.passed.length;
      await until('a board waits for lack of a place', () => first.codes.has('BATCH_PLACES_USED_UP'));
      const offline = first.passed.length - before;
      expect(offline).toBeGreaterThanOrEqual(PLACES - 1);
      // A run may have been counted just before the server was gone.
      expect(offline).toBeLessThanOrEqual(PLACES + 2);
      first.child.kill('SIGKILL');
      await once(first.child, 'exit');

      await server.start();
      const second = start();
      await until('all boards count', async () => (await judge.batches.get('WO')).counts.passed === BOARDS);
      const units = await judge.batches.units('WO');
      const macs = units.filter(({ state }) => state === 'passed').map(({ mac }) => mac);
      expect(new Set(macs)).toEqual(new Set(bench.macs));
      expect(new Set(units.map(({ serial }) => serial)).size).toBe(BOARDS);
      expect(macs).toEqual(expect.arrayContaining([...first.passed]));
      second.child.kill('SIGINT');
      await once(second.child, 'exit');
      expect((await judge.batches.get('WO')).counts).toMatchObject({
        passed: BOARDS,
        held: 0,
        inWork: 0,
        open: QUANTITY - BOARDS,
      });
    } finally {
      for (const { child } of running) child.kill('SIGKILL');
      await bench.close();
      await judge.close();
      await server.kill();
    }
  },
  PATIENCE_MS * 4,
);

// Ten espmint processes, each a station of its own, migrate an empty database and write the same boards to it at once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { toolAvailable, ROOT } from '../support/reference-tools.js';
import { otherPostgresBin } from './other-postgres.js';
import { makeTcpPostgres } from './tcp-postgres.js';

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));
const PROCESSES = 10;
/** All of them write all of these. */
const BOARDS = 12;

interface Worker {
  readonly complaint: string;
  /** `mac psk` of what a chip would hold now. */
  readonly flashed: readonly string[];
  readonly confirmed: readonly string[];
}

async function runWorker(dataDir: string, databaseUrl: string): Promise<Worker> {
  const env = { ...process.env, ESPMINT_DATABASE_URL: databaseUrl, ESPMINT_MASTER_KEY: '5a'.repeat(32) };
  const child = spawn(process.execPath, [WORKER, dataDir, '0', String(BOARDS), 'close'], { env });
  let [said, complaint] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 && complaint === '') complaint = `exit code ${code}`;
  const lines = (kind: string): string[] =>
    said.split('\n').flatMap((line) => (line.startsWith(kind) ? [line.slice(kind.length + 1)] : []));
  return { complaint, flashed: lines('flashed'), confirmed: lines('confirmed') };
}

const binDir = otherPostgresBin();
describe.runIf(toolAvailable('a PostgreSQL server for ten processes', binDir))(
  'ten processes at once',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'espmint-ten-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('run each migration once, make each device once and lose no key, without a failed call', async () => {
      chmodSync(folder, 0o755);
      const server = await makeTcpPostgres(binDir, join(folder, 'server'));
      const client = new pg.Client({ connectionString: server.url('postgres') });
      await client.connect();
      const column = async (sql: string): Promise<string[]> => {
        const { rows } = await client.query<{ text: string }>(sql);
        return rows.map(({ text }) => text);
      };
      try {
        const stations = Array.from({ length: PROCESSES }, (_, n) => join(folder, `station-${n}`));
        const workers = await Promise.all(stations.map((dir) => runWorker(dir, server.url('postgres'))));

        expect(workers.map(({ complaint }) => complaint).filter((text) => text !== '')).toEqual([]);
        expect(await column('select name as text from espmint_migrations order by name')).toEqual(
          readdirSync(join(ROOT, 'src/registry/migrations')).sort(),
        );
        expect(await column('select mac_key as text from devices')).toHaveLength(BOARDS);
        const keys = await column(
          `select regexp_replace(mac_key, '(..)(?=.)', '\\1:', 'g') || ' ' || psk_secret as text from device_keys`,
        );
        expect(new Set(keys).size).toBe(keys.length);
        const flashed = workers.flatMap((worker) => worker.flashed);
        expect(flashed).toHaveLength(PROCESSES * BOARDS);
        expect(flashed.filter((key) => !keys.includes(key))).toEqual([]);
        const confirmed = workers.flatMap((worker) => worker.confirmed);
        const passed = await column(`select id::text as text from attempts where outcome = 'passed'`);
        expect(passed).toHaveLength(confirmed.length);
        expect(
          await column(
            `select device_id::text as text from device_keys where state = 'current' group by device_id having count(*) > 1`,
          ),
        ).toEqual([]);
        const [deadlocks] = await column(
          `select deadlocks::text as text from pg_stat_database where datname = 'postgres'`,
        );
        expect(Number(deadlocks)).toBe(0);
      } finally {
        await client.end();
        await server.kill();
      }
    });
  },
);

// Three stations on one PostgreSQL, one killed with SIGKILL and started again, one cut off from the database for a while and going on:
// the batch ends with exactly its boards, none twice. As long as you like with `npm run soak -- station --boards N`.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openProduction } from '../../src/registry/index.js';
import { otherPostgresBin } from '../registry/other-postgres.js';
import { makeTcpPostgres } from '../registry/tcp-postgres.js';
import type { VirtualBench } from '../support/cli.js';
import { startVirtual } from '../support/cli-in-process.js';
import { cuttable } from '../support/cuttable.js';
import { toolAvailable } from '../support/reference-tools.js';
import { startStation, until, type StationProcess } from '../support/station-process.js';

const QUANTITY = Number(process.env['ESPMINT_SOAK_BOARDS'] ?? 36);
const STATIONS = 3;
/** More boards than are asked for: going beyond the quantity would show. */
const BOARDS_EACH = Math.ceil((QUANTITY * 1.5) / STATIONS);
const TIMEOUT_MS = 60_000 + QUANTITY * 4000;
const AT_ONCE = 4;
/** What the station that will be cut off makes first, so that enough of the batch is left for it to reserve units. */
const BEFORE_CUT = AT_ONCE;
/** What the station that will be killed makes before. */
const BEFORE_KILL = Math.ceil(QUANTITY / 24);
const WHILE_CUT = 2;

const binDir = otherPostgresBin();
it.runIf(toolAvailable('a PostgreSQL server for three stations', binDir))(
  `three stations make exactly ${QUANTITY} boards of a batch through a kill and a cut`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'espmint-soak-station-'));
    chmodSync(folder, 0o755);
    const profile = join(folder, 'sensor.yaml');
    writeFileSync(profile, 'name: sensor\nversion: 1\ncaUrl: https://ca.example.com\n');
    const server = await makeTcpPostgres(binDir, join(folder, 'server'));
    const proxy = await cuttable(server.port);
    const direct = server.url('postgres');
    const throughProxy = direct.replace(`:${server.port}/`, `:${proxy.port}/`);
    const env = { ...process.env, ESPMINT_MASTER_KEY: '11'.repeat(32) };
    const production = await openProduction({ dataDir: join(folder, 'check'), databaseUrl: direct, env });
    const benches: VirtualBench[] = [];
    const running: StationProcess[] = [];
    const start = (index: number, ...how: string[]): StationProcess => {
      const ports = benches[index]?.urls.flatMap((port) => ['--port', port]) ?? [];
      const name = ['--name', `station ${index}`, '--data-dir', join(folder, `station-${index}`)];
      const work = ['--profile', profile, '--batch', 'WO', '--max-running', String(AT_ONCE), '--until-full'];
      const url = index === 1 ? throughProxy : direct;
      const station = startStation([...work, ...name, ...ports, ...how], {
        ...env,
        ESPMINT_DATABASE_URL: url,
      });
      running.push(station);
      return station;
    };
    const counts = async () => (await production.batches.get('WO')).counts;
    try {
      const serials = 'SN-{00000}';
      await production.batches.create(
        { name: 'WO', profile: { name: 'sensor', version: 1 }, quantity: QUANTITY, serialTemplate: serials },
        'soak',
      );
      for (let index = 0; index < STATIONS; index++) {
        const mac = `a4:cf:12:0${index}:00:00`;
        const args = ['--count', String(BOARDS_EACH), '--mac', mac, '--listen', 'rfc2217://127.0.0.1:0'];
        benches.push(await startVirtual(args, BOARDS_EACH));
      }
      const cutOff = start(1, '--start', 'key');
      await until('its boards wait for the key', TIMEOUT_MS, () => cutOff.waited >= BOARDS_EACH);
      for (let slot = 1; slot <= BEFORE_CUT; slot++) cutOff.type(String(slot));
      await until('its first boards pass', TIMEOUT_MS, () => cutOff.passed.length >= BEFORE_CUT);
      await until('it has reserved units', TIMEOUT_MS, async () => (await counts()).held >= WHILE_CUT);

      const killed = start(0);
      start(2);
      await until('a station to kill has begun', TIMEOUT_MS, () => killed.passed.length >= BEFORE_KILL);
      await killed.end('SIGKILL');
      proxy.cut();
      const before = cutOff.passed.length;
      cutOff.type('');
      await until('boards pass in the cut', TIMEOUT_MS, () => cutOff.passed.length >= before + WHILE_CUT);
      proxy.mend();
      start(0);
      await until('the batch is full', TIMEOUT_MS, async () => (await counts()).passed >= QUANTITY);
      for (const station of running) await station.left;

      const units = (await production.batches.units('WO')).filter(({ state }) => state === 'passed');
      expect(units).toHaveLength(QUANTITY);
      expect(new Set(units.map(({ mac }) => mac)).size).toBe(QUANTITY);
      expect(new Set(units.map(({ serial }) => serial)).size).toBe(QUANTITY);
      expect((await counts()).passed).toBe(QUANTITY);
    } finally {
      for (const station of running) await station.end('SIGKILL');
      for (const bench of benches) await bench.close();
      await production.close();
      proxy.close();
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  TIMEOUT_MS * 3,
);

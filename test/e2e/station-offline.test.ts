// A batch goes on while its database is away: boards pass from reserved units, and a station that is killed in the
// outage goes on with them when it is started again in it.
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openProduction } from '../../src/registry/index.js';
import { otherPostgresBin } from '../registry/other-postgres.js';
import { makeTcpPostgres } from '../registry/tcp-postgres.js';
import { scratchDir } from '../support/cli.js';
import { startVirtual } from '../support/cli-in-process.js';
import { toolAvailable } from '../support/reference-tools.js';
import { startStation, until, type StationProcess } from '../support/station-process.js';

const QUANTITY = 24;
const BOARDS = 12;
const PLACES = 4;
/** More boards than the killed station has left places for. */
const SECOND_SLOTS = [4, 5, 6, 7];
const PATIENCE_MS = 90_000;

const scratch = scratchDir('station-offline');
afterAll(() => scratch.remove());
const binDir = otherPostgresBin();

it.runIf(toolAvailable('a PostgreSQL server that goes away', binDir))(
  'boards pass while the database is away, up to the reserved units, also from a station that starts in the outage; each counts once when it is back',
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
    const other = await openProduction({ dataDir: join(scratch.path, 'check'), databaseUrl, env });
    const counts = async () => (await other.batches.get('WO')).counts;
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
    const running: StationProcess[] = [];
    const start = (how: 'auto' | 'key'): StationProcess => {
      const station = startStation([...args, '--start', how], env);
      running.push(station);
      return station;
    };
    try {
      const wanted = { name: 'WO', profile: { name: 'sensor', version: 1 }, quantity: QUANTITY };
      await other.batches.create({ ...wanted, serialTemplate: 'SN-{000}' }, 'tester');
      const first = start('key');
      await until('all boards wait for the key', PATIENCE_MS, () => first.waited >= BOARDS);
      first.type('1');
      first.type('2');
      await until('two boards have passed', PATIENCE_MS, () => first.passed.length === 2);
      await until('places are held', PATIENCE_MS, async () => (await counts()).held === PLACES);
      await server.kill();
      first.type('3');
      await until('a board has passed out of reach', PATIENCE_MS, () => first.passed.length === 3);
      const kept = join(scratch.path, 'line', 'spool/runs');
      await until('its run is on the disk', PATIENCE_MS, () =>
        readdirSync(kept)
          .filter((name) => /^\d/.test(name))
          .some((name) => readFileSync(join(kept, name, '1.log'), 'utf8').includes(first.passed[2] ?? '-')),
      );
      await first.end('SIGKILL');

      const second = start('key');
      await until('all boards wait for the key', PATIENCE_MS, () => second.waited >= BOARDS);
      for (const slot of SECOND_SLOTS) second.type(String(slot));
      await until('a board waits for lack of a place', PATIENCE_MS, () =>
        second.codes.has('RESERVED_UNITS_USED_UP'),
      );
      await until('the places are used', PATIENCE_MS, () => second.passed.length >= PLACES - 1);
      await second.end('SIGKILL');
      expect(second.passed).toHaveLength(PLACES - 1);

      await server.start();
      const third = start('auto');
      await until('all boards count', PATIENCE_MS, async () => (await counts()).passed === BOARDS);
      const units = await other.batches.units('WO');
      const macs = units.filter(({ state }) => state === 'passed').map(({ mac }) => mac);
      expect(new Set(macs)).toEqual(new Set(bench.macs));
      expect(new Set(units.map(({ serial }) => serial)).size).toBe(BOARDS);
      const early = [...first.passed, ...second.passed];
      expect(new Set(early).size).toBe(2 + PLACES);
      expect(macs).toEqual(expect.arrayContaining(early));
      await third.end('SIGINT');
      const runs = await other.runs.read({ batch: 'WO' });
      const killed = runs.filter(
        ({ mac, passed, alreadyDone }) => mac === first.passed[2] && passed && !alreadyDone,
      );
      expect(killed).toHaveLength(1);
      expect(await counts()).toMatchObject({
        passed: BOARDS,
        held: 0,
        inWork: 0,
        open: QUANTITY - BOARDS,
      });
    } finally {
      for (const station of running) await station.end('SIGKILL');
      await bench.close();
      await other.close();
      await server.kill();
    }
  },
  PATIENCE_MS * 4,
);

// Three stations on one PostgreSQL, one killed with SIGKILL and started again, one cut off from the database for a while and going on:
// the batch ends with exactly its boards, none twice. As long as you like with `npm run soak -- station --boards N`.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openProduction } from '../../src/registry/index.js';
import { otherPostgresBin } from '../registry/other-postgres.js';
import { makeTcpPostgres } from '../registry/tcp-postgres.js';
import { startVirtual, type VirtualBench } from '../support/cli.js';
import { judgeAvailable, ROOT } from '../support/judges.js';

const QUANTITY = Number(process.env['ESPMINT_SOAK_BOARDS'] ?? 24);
const STATIONS = 3;
/** More boards than are asked for: going beyond the quantity would show. */
const BOARDS_EACH = Math.ceil((QUANTITY * 1.2) / STATIONS);
const TIMEOUT_MS = 60_000 + QUANTITY * 4000;

/** Long enough for two boards on a loaded machine. */
const CUT_MS = 60_000;
/** The event of a run that has ended well. */
const PASSED = /^\{"type":"ended".*"ok":true/;

/** A way to the database that can be cut. */
async function cuttable(port: number): Promise<{ port: number; cut(): void; mend(): void; close(): void }> {
  const sockets = new Set<Socket>();
  let open = true;
  const server = createServer((client) => {
    if (!open) {
      client.destroy();
      return;
    }
    const far = connect({ port, host: '127.0.0.1' });
    for (const socket of [client, far]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          client.destroy();
          far.destroy();
        });
    }
    client.pipe(far).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const cut = (): void => {
    open = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut,
    mend: () => (open = true),
    close: () => {
      cut();
      server.close();
    },
  };
}

const binDir = otherPostgresBin();
it.runIf(judgeAvailable('a PostgreSQL server for three stations', binDir))(
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
    const production = await openProduction({ dataDir: join(folder, 'judge'), databaseUrl: direct, env });
    const benches: VirtualBench[] = [];
    const running: ChildProcess[] = [];
    let isCut = false;
    let passedWhileCut = 0;
    const startStation = (index: number): ChildProcess => {
      const url = index === 1 ? throughProxy : direct;
      const ports = benches[index]?.urls.flatMap((port) => ['--port', port]) ?? [];
      const args = [
        'station',
        '--json',
        '--profile',
        profile,
        '--batch',
        'WO',
        '--name',
        `station ${index}`,
        ...ports,
      ];
      const limits = ['--max-running', '4', '--until-full', '--data-dir', join(folder, `station-${index}`)];
      const child = spawn(process.execPath, [join(ROOT, 'bin/espmint.js'), ...args, ...limits], {
        env: { ...env, ESPMINT_DATABASE_URL: url },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child.stderr.resume();
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (index === 1 && isCut && PASSED.test(line)) passedWhileCut += 1;
      });
      running.push(child);
      return child;
    };
    const passed = async (): Promise<number> => (await production.batches.get('WO')).counts.passed;
    const untilPassed = async (count: number): Promise<void> => {
      const deadline = Date.now() + TIMEOUT_MS;
      while ((await passed()) < count) {
        if (Date.now() > deadline) throw new Error(`only ${await passed()} of ${count} boards passed`);
        await sleep(200);
      }
    };
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
      const [first] = [0, 1, 2].map(startStation);
      await untilPassed(Math.floor(QUANTITY / 4));
      first?.kill('SIGKILL');
      proxy.cut();
      isCut = true;
      const longest = Date.now() + CUT_MS;
      while (passedWhileCut < 2 && Date.now() < longest) await sleep(100);
      isCut = false;
      proxy.mend();
      expect(passedWhileCut).toBeGreaterThanOrEqual(2);
      startStation(0);
      await untilPassed(QUANTITY);
      for (const child of running) {
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }

      const units = (await production.batches.units('WO')).filter(({ state }) => state === 'passed');
      expect(units).toHaveLength(QUANTITY);
      expect(new Set(units.map(({ mac }) => mac)).size).toBe(QUANTITY);
      expect(new Set(units.map(({ serial }) => serial)).size).toBe(QUANTITY);
      expect(await passed()).toBe(QUANTITY);
    } finally {
      for (const child of running) child.kill('SIGKILL');
      for (const bench of benches) await bench.close();
      await production.close();
      proxy.close();
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  TIMEOUT_MS * 3,
);

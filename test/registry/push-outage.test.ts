// Pushes while the registry's server, or the whole station, is away.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPushes, openRegistry, startPushes, type PushOptions } from '../../src/registry/index.js';
import { espmint } from '../support/cli.js';
import { startVirtual } from '../support/cli-in-process.js';
import { toolAvailable } from '../support/reference-tools.js';
import { otherPostgresBin } from './other-postgres.js';
import { bodyOf, type BoardToBe, newBoard, PACE, provision, SECRET, until } from './push-bench.js';
import { type Receiver, startReceiver } from './push-receivers.js';
import { makeTcpPostgres, type TcpPostgres } from './tcp-postgres.js';

const binDir = otherPostgresBin();

describe.runIf(toolAvailable('a PostgreSQL server', binDir))('pushes of a registry on a server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espmint-push-outage-'));
  let server: TcpPostgres;
  let receiver: Receiver;
  let options: PushOptions & { dataDir: string; databaseUrl: string };
  beforeAll(async () => {
    chmodSync(folder, 0o755);
    server = await makeTcpPostgres(binDir, join(folder, 'server'));
    await server.sql('create database factory');
    receiver = await startReceiver();
    options = {
      dataDir: join(folder, 'station'),
      databaseUrl: server.url('factory'),
      timeoutMs: 700,
      pace: { ...PACE, restMs: 100 },
      env: { ESPMINT_MASTER_KEY: 'ab'.repeat(32) },
    };
    const pushes = await openPushes(options);
    await pushes.add({ name: 'hook', kind: 'webhook', url: receiver.url, signingSecret: SECRET });
    await pushes.close();
  });
  afterAll(async () => {
    await server.kill();
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const told = (mac: string): number =>
    receiver.received.filter((got) => bodyOf(got).data['mac'] === mac).length;

  it('tell of a board that was provisioned while the server was away, once it has heard of it', async () => {
    const registry = await openRegistry(options);
    await server.kill();
    const board = await provision({ registry });
    await registry.close();
    const notes: string[] = [];
    const station = startPushes(options, (text) => notes.push(text));
    await expect(station.get()).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    await server.start();
    await (await openRegistry(options)).close();
    await until(() => told(board.mac) === 1);
    await station.close();
    // The outage, and its end.
    expect(notes).toHaveLength(2);
    expect(notes[1]).toBe('The registry answers: pushes go on.');
    expect(told(board.mac)).toBe(1);
  });

  it('go on after the server was away, and a station that ends tells of its last board first', async () => {
    const station = startPushes(options, () => undefined);
    await station.get();
    await server.kill();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.start();
    const registry = await openRegistry(options);
    const one = await provision({ registry }, newBoard());
    await until(() => told(one.mac) === 1);
    const last = await provision({ registry }, newBoard());
    await station.close();
    await registry.close();
    expect(told(last.mac)).toBe(1);
  });

  it('are shared by two stations without telling anything twice', async () => {
    const stations = ['a', 'b'].map((name) =>
      startPushes({ ...options, dataDir: join(folder, name) }, () => undefined),
    );
    const registry = await openRegistry(options);
    const boards: BoardToBe[] = [];
    for (let count = 0; count < 10; count++) boards.push(await provision({ registry }, newBoard()));
    await until(() => boards.every(({ mac }) => told(mac) > 0));
    await Promise.all(stations.map((station) => station.close()));
    await registry.close();
    expect(boards.map(({ mac }) => told(mac))).toEqual(boards.map(() => 1));
  });

  it('are told at the end of provision, which does not wait for a target that hangs', async () => {
    const boards = await startVirtual([]);
    const place = ['--data-dir', options.dataDir, '--database-url', options.databaseUrl];
    const run = (): ReturnType<typeof espmint> =>
      espmint([...place, 'provision', '-p', boards.urls[0] ?? '', '--ca-url', 'https://ca.example.com'], {
        env: { ESPMINT_MASTER_KEY: 'ab'.repeat(32) },
      });
    try {
      expect(await run()).toMatchObject({ code: 0 });
      expect(told(boards.macs[0] ?? '')).toBe(1);
      receiver.mood = () => undefined;
      const { code, stderr } = await run();
      expect([code, stderr]).toEqual([
        0,
        expect.stringContaining('Still to be delivered: 1 push ("espmint push run"'),
      ]);
    } finally {
      await boards.close();
    }
  });
});

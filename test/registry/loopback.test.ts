// The embedded server as Windows has it, without sockets: a port of 127.0.0.1, SCRAM, started and stopped by pg_ctl.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Presence } from '../../src/registry/embedded/presence.js';

let folder: string;
let presences: Presence[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-loopback-'));
  presences = [];
});
afterEach(async () => {
  for (const presence of presences) await presence.release();
  rmSync(folder, { recursive: true, force: true });
});

function enter(): Presence {
  const presence = new Presence({ dataDir: folder, isOnLoopback: true });
  presences.push(presence);
  return presence;
}

async function ask(config: pg.ClientConfig, sql: string): Promise<unknown[]> {
  const client = new pg.Client(config);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

it('is reached by one port of this computer and a password only, and is gone after the last has left', async () => {
  const [first, second] = [enter(), enter()];
  const connection = await first.ensure();
  expect(connection).toMatchObject({ host: '127.0.0.1', user: 'espmint', database: 'espmint' });
  expect(await second.ensure()).toEqual(connection);
  expect(await ask(connection, 'select current_user, inet_server_addr()::text as at')).toEqual([
    { current_user: 'espmint', at: '127.0.0.1/32' },
  ]);
  await ask(connection, 'create table kept (); insert into kept default values');
  for (const other of [{ password: 'wrong' }, { user: 'espmint_superuser' }, { database: 'postgres' }])
    await expect(ask({ ...connection, ...other }, 'select 1')).rejects.toThrow(/password|rejects/);
  // No socket, and no file with the superuser's password, which was for making the cluster only.
  expect(readdirSync(join(folder, 'postgres')).sort()).toEqual(['cluster', 'server.log']);

  await first.release();
  expect(await ask(connection, 'select * from kept')).toHaveLength(1);
  await second.release();
  expect(existsSync(join(folder, 'postgres/cluster/postmaster.pid'))).toBe(false);
  await expect(ask(connection, 'select 1')).rejects.toThrow('ECONNREFUSED');

  expect(await ask(await enter().ensure(), 'select * from kept')).toHaveLength(1);
});

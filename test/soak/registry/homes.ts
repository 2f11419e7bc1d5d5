// Where the registry of a campaign lives, and how its database is taken away and given back.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { RegistryOptions } from '../../../src/registry/index.js';
import { makeTcpPostgres } from '../../registry/tcp-postgres.js';

/** All stations seal with this key, as stations of one server do. */
const ENV = { ...process.env, ESPMINT_MASTER_KEY: '5a'.repeat(32) };
/** How long a server stays away, at most. */
const AWAY_MS = 8000;

export interface Home {
  readonly env: Record<string, string | undefined>;
  /** A data directory of each station; stations of an embedded server share the one. */
  readonly dataDirs: readonly string[];
  options(dataDir: string): RegistryOptions;
  /** Kills the database at once; returns when it may be killed again. False when it was not up. */
  outage(): Promise<boolean>;
  /** A bare client; while a registry is open. */
  connect(): Promise<pg.Client>;
  close(): Promise<void>;
}

export function embeddedHome(folder: string): Home {
  const dataDir = join(folder, 'data');
  return {
    env: ENV,
    dataDirs: [dataDir],
    options: () => ({ dataDir, env: ENV }),
    outage: () => Promise.resolve(killPostmaster(dataDir)),
    connect: () => connected({ host: join(dataDir, 'postgres/run'), user: 'espmint', database: 'espmint' }),
    close: () => Promise.resolve(),
  };
}

/** The next espmint process starts it again. */
function killPostmaster(dataDir: string): boolean {
  try {
    const pidFile = readFileSync(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8');
    const pid = Number(pidFile.split('\n')[0]);
    return pid > 1 && process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** A server of the user's own, with two stations that share it. */
export async function serverHome(folder: string, binDir: string): Promise<Home> {
  mkdirSync(join(folder, 'server'));
  const server = await makeTcpPostgres(binDir, join(folder, 'server'));
  const databaseUrl = server.url('postgres');
  return {
    env: { ...ENV, ESPMINT_DATABASE_URL: databaseUrl },
    dataDirs: [join(folder, 'station-1'), join(folder, 'station-2')],
    options: (dataDir) => ({ dataDir, databaseUrl, env: ENV }),
    outage: async () => {
      await server.kill();
      await sleep(Math.random() * AWAY_MS);
      await server.start();
      return true;
    },
    connect: () => connected({ connectionString: databaseUrl }),
    close: () => server.kill(),
  };
}

async function connected(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  await client.connect();
  return client;
}

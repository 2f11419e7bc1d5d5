// Opens the registry that the user's settings name: the embedded PostgreSQL of a data directory, or a server.
import { defaultDataDir, openDataDir } from './data-dir.js';
import { Presence } from './embedded/presence.js';
import { Database, type ServerSource } from './postgres/database.js';
import { PostgresRegistry } from './postgres/postgres-registry.js';
import { serverAt } from './postgres/server.js';
import type { Registry } from './registry.js';
import { plainBox } from './secrets/secret-box.js';

export interface RegistryOptions {
  /** Holds all state of espmint on this machine; made when missing. Default: `defaultDataDir()`. */
  readonly dataDir?: string | undefined;
  /** `postgresql://user@host/database`; absent: the embedded server of the data directory. */
  readonly databaseUrl?: string | undefined;
  /** PostgreSQL programs to use for the embedded server instead of those that espmint brings. */
  readonly binDir?: string | undefined;
  /** Ends the wait of every call. */
  readonly signal?: AbortSignal | undefined;
  /** Of one call with all its tries; default 15 s. */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 15_000;
const EMBEDDED_POOL = 4;
const SERVER_POOL = 8;

/**
 * The embedded server is started if nobody has yet, and stopped when the last espmint process closes its registry.
 *
 * @throws DATA_DIR_UNUSABLE, EMBEDDED_*, REGISTRY_*, DISK_FULL, CANCELLED
 */
export async function openRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { databaseUrl, signal, timeoutMs = TIMEOUT_MS } = options;
  const source = databaseUrl === undefined ? await embeddedAt(options) : serverAt(databaseUrl);
  const poolSize = databaseUrl === undefined ? EMBEDDED_POOL : SERVER_POOL;
  return PostgresRegistry.open(new Database(source, { poolSize, timeoutMs, signal }), plainBox);
}

async function embeddedAt({ dataDir = defaultDataDir(), binDir }: RegistryOptions): Promise<ServerSource> {
  const presence = new Presence({ dataDir: await openDataDir(dataDir), binDir });
  return {
    description: dataDir,
    ensure: (signal) => presence.ensure(signal),
    release: () => presence.release(),
  };
}

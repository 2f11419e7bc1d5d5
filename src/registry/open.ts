// Opens the registry that the user's settings name: the embedded PostgreSQL of a data directory, or a server, with the
// key journal before it.
import { defaultDataDir, openDataDir } from './data-dir.js';
import { Presence } from './embedded/presence.js';
import { JournaledRegistry } from './journal/journaled-registry.js';
import { Journal } from './journal/journal.js';
import { Database, type ServerSource } from './postgres/database.js';
import { PostgresRegistry } from './postgres/postgres-registry.js';
import { serverAt } from './postgres/server.js';
import type { Registry } from './registry.js';
import { deriveKey, loadMasterKeys, masterKeySource } from './secrets/master-key.js';

export interface RegistryOptions {
  /** Holds all state of espmint on this machine; made when missing. Default: `defaultDataDir()`. */
  readonly dataDir?: string | undefined;
  /** `postgresql://user@host/database`; absent: the embedded server of the data directory. */
  readonly databaseUrl?: string | undefined;
  /** PostgreSQL programs to use for the embedded server instead of those that espmint brings. */
  readonly binDir?: string | undefined;
  /** What to do when the registry cannot be reached: go on from the journal (the default), or stop. */
  readonly whenDown?: 'continue' | 'stop' | undefined;
  /** `plain` stores keys readable, for consumers of the column psk_secret. Default: sealed. */
  readonly secrets?: 'sealed' | 'plain' | undefined;
  /** Ends the waiting for a server; calls are still made once, to write down how things ended. */
  readonly signal?: AbortSignal | undefined;
  /** Of one statement; default 15 s. */
  readonly timeoutMs?: number | undefined;
  /** Of the process by default: libpq's PG* variables and ESPMINT_MASTER_KEY*. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

const TIMEOUT_MS = 15_000;
/** How long a call waits for a server that is out of reach, when it can go on without. */
const PATIENCE_MS = 3000;
const EMBEDDED_POOL = 4;
const SERVER_POOL = 8;

/**
 * The embedded server is started if nobody has yet, and stopped when the last espmint process closes its registry.
 *
 * @throws DATA_DIR_UNUSABLE, EMBEDDED_*, REGISTRY_*, MASTER_KEY_INVALID, SECRET_UNREADABLE, FILE_*, DISK_FULL, CANCELLED
 */
export async function openRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { whenDown = 'continue', secrets = 'sealed', env = process.env } = options;
  const dataDir = await openDataDir(options.dataDir ?? defaultDataDir());
  const masters = await loadMasterKeys(masterKeySource(dataDir, env));
  const source = sourceOf(options, dataDir, env);
  const registry = new JournaledRegistry({
    journal: await Journal.open(dataDir),
    key: deriveKey(masters[0], 'journal'),
    description: source.description,
    whenDown,
    open: () => PostgresRegistry.open(databaseOf(options, source), { masters, plain: secrets === 'plain' }),
  });
  try {
    await registry.start();
    return registry;
  } catch (error) {
    await registry.close();
    throw error;
  }
}

function databaseOf(options: RegistryOptions, source: ServerSource): Database {
  const { databaseUrl, whenDown = 'continue', signal, timeoutMs = TIMEOUT_MS } = options;
  const remote = databaseUrl !== undefined;
  return new Database(source, {
    poolSize: remote ? SERVER_POOL : EMBEDDED_POOL,
    timeoutMs,
    patienceMs: remote && whenDown === 'continue' ? Math.min(PATIENCE_MS, timeoutMs) : timeoutMs,
    signal,
  });
}

function sourceOf(
  { databaseUrl, binDir }: RegistryOptions,
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
): ServerSource {
  if (databaseUrl !== undefined) return serverAt(databaseUrl, env);
  const presence = new Presence({ dataDir, binDir });
  return {
    description: dataDir,
    ensure: (signal) => presence.ensure(signal),
    release: () => presence.release(),
  };
}

// From the user's settings to a connection pool: which server, how patient.
import { Presence } from '../embedded/presence.js';
import { Database, type DatabaseOptions, type ServerSource } from './database.js';
import { serverAt } from './server.js';

export interface RegistryOptions {
  /** Holds all state of espmint on this machine; made when missing. Default: `defaultDataDir()`. */
  readonly dataDir?: string | undefined;
  /** `postgresql://user@host/database`; absent: the embedded server of the data directory. */
  readonly databaseUrl?: string | undefined;
  /** PostgreSQL programs for the embedded server instead of those that espmint brings; default: ESPMINT_POSTGRES_BIN. */
  readonly binDir?: string | undefined;
  /** What to do when the registry cannot be reached: go on from the journal (the default), or stop. */
  readonly whenDown?: 'continue' | 'stop' | undefined;
  /** `plain` stores keys readable, for consumers of the column psk_secret. Default: sealed. */
  readonly secrets?: 'sealed' | 'plain' | undefined;
  /** Ends the waiting for a server; calls are still made once, to write down how things ended. */
  readonly signal?: AbortSignal | undefined;
  /** Of one statement; default 15 s. */
  readonly timeoutMs?: number | undefined;
  /** Of the process by default: libpq's PG* variables, ESPMINT_MASTER_KEY* and ESPMINT_POSTGRES_BIN. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

const TIMEOUT_MS = 15_000;
/** How long a call waits for a server that is out of reach, when it can go on without. */
const PATIENCE_MS = 3000;
const EMBEDDED_POOL = 6;
const SERVER_POOL = 8;

/** A pool at that server; nothing is connected yet. */
export function databaseOf(
  options: RegistryOptions,
  source: ServerSource,
  own: Pick<DatabaseOptions, 'isBulk' | 'prepare'>,
): Database {
  const { databaseUrl, whenDown = 'continue', signal, timeoutMs = TIMEOUT_MS } = options;
  return new Database(source, {
    poolSize: databaseUrl === undefined ? EMBEDDED_POOL : SERVER_POOL,
    timeoutMs,
    patienceMs: patienceOf(options, whenDown === 'continue'),
    signal,
    ...own,
  });
}

/** How long a call of somebody goes on trying. @param goesOn whether he can go on without the server */
export function patienceOf(
  { databaseUrl, timeoutMs = TIMEOUT_MS }: RegistryOptions,
  goesOn: boolean,
): number {
  return databaseUrl !== undefined && goesOn ? Math.min(PATIENCE_MS, timeoutMs) : timeoutMs;
}

/**
 * The server that the settings name: the user's own, or the embedded one of the data directory.
 *
 * @throws INPUT_INVALID, FILE_UNREADABLE
 */
export function sourceOf(
  { databaseUrl, binDir }: RegistryOptions,
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
): ServerSource {
  if (databaseUrl !== undefined) return serverAt(databaseUrl, env);
  const presence = new Presence({ dataDir, binDir: binDir ?? (env['ESPMINT_POSTGRES_BIN'] || undefined) });
  return {
    description: dataDir,
    ensure: (signal) => presence.ensure(signal),
    release: () => presence.release(),
  };
}

// Tries a PostgreSQL server before a station is moved to it: can it be reached, is it recent enough, may we write there.
import { EspmintError } from '../../core/errors/index.js';
import { boundedSocket } from './bounded-socket.js';
import { Database } from './database.js';
import { schemaState } from './migrate.js';
import { typedServerAt } from './server.js';

export interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** libpq's PG* variables; of the process by default. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** URL of the server that this process works with: its password is for that one only. */
  readonly configured?: string | undefined;
}

const TIMEOUT_MS = 10_000;

/**
 * Resolves when the server of that URL can be a registry. Changes nothing there.
 *
 * @throws REGISTRY_*, INPUT_INVALID (the URL)
 */
export async function probeRegistry(databaseUrl: string, options: ProbeOptions = {}): Promise<void> {
  const { signal, env = process.env, configured } = options;
  const typed = typedServerAt(databaseUrl, { env, configured });
  const source = {
    ...typed,
    ensure: async () => ({ ...(await typed.ensure()), stream: () => boundedSocket() }),
  };
  const database = new Database(source, {
    poolSize: 1,
    timeoutMs: TIMEOUT_MS,
    patienceMs: TIMEOUT_MS,
    signal,
  });
  try {
    await database.connected('a test', async (client) => {
      const { missing } = await schemaState(client, source.description);
      if (missing.length === 0) return;
      const { rows } = await client.query<{ may: boolean | null }>(
        `select has_schema_privilege(current_schema(), 'create') as may`,
      );
      if (rows[0]?.may === true) return;
      const reason = `it may not create tables, and ${missing.join(', ')} is still to run`;
      throw new EspmintError('REGISTRY_RIGHTS', { target: source.description, reason });
    });
  } finally {
    await database.close();
  }
}

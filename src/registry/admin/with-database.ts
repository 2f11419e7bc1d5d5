// One connection for an administrator's work on the database itself, without journal and secrets.
import type pg from 'pg';
import { databaseOf, type RegistryOptions, sourceOf } from '../store/connect.js';
import type { DatabaseOptions } from '../store/database.js';
import { defaultDataDir, openDataDir } from '../data-dir.js';

/** What the work is given beside the connection. */
export interface At {
  readonly target: string;
  readonly dataDir: string;
}

/**
 * @param what names the work in errors
 * @throws as openRegistry, and what `work` throws
 */
export async function withDatabase<T>(
  options: RegistryOptions,
  what: string,
  work: (client: pg.ClientBase, at: At) => Promise<T>,
  own: Pick<DatabaseOptions, 'isBulk'> = {},
): Promise<T> {
  const dataDir = await openDataDir(options.dataDir ?? defaultDataDir());
  const source = sourceOf(options, dataDir, options.env ?? process.env);
  // Somebody is waiting for the answer: a server that is out of reach is said to be so without long patience.
  const database = databaseOf({ ...options, whenDown: 'continue' }, source, own);
  try {
    return await database.connected(what, (client) => work(client, { target: source.description, dataDir }));
  } finally {
    await database.close();
  }
}

// Opens what stations share: batches and runs, in the same database as the registry.
import { databaseOf, sourceOf, type RegistryOptions } from '../connect.js';
import { defaultDataDir, openDataDir } from '../data-dir.js';
import { openDataKeys } from '../postgres/data-keys.js';
import { migrate } from '../postgres/migrate.js';
import { loadMasterKeys, masterKeySource } from '../secrets/master-key.js';
import { sealedBox } from '../secrets/secret-box.js';
import { PostgresRuns } from '../statistics/postgres-runs.js';
import type { Runs } from '../statistics/runs.js';
import type { Batches } from './batches.js';
import { PostgresBatches } from './postgres-batches.js';

export interface Production {
  readonly batches: Batches;
  readonly runs: Runs;
  /** Never throws, may be called again. */
  close(): Promise<void>;
}

/**
 * The database of the options, brought up to date. There is no journal before it: a place in a batch is only given by
 * the database that all stations share.
 *
 * @throws DATA_DIR_UNUSABLE, EMBEDDED_*, REGISTRY_*, MASTER_KEY_INVALID, SECRET_UNREADABLE, CANCELLED
 */
export async function openProduction(options: RegistryOptions = {}): Promise<Production> {
  const { env = process.env } = options;
  const dataDir = await openDataDir(options.dataDir ?? defaultDataDir());
  const masters = await loadMasterKeys(masterKeySource(dataDir, env));
  const source = sourceOf(options, dataDir, env);
  const database = databaseOf({ ...options, whenDown: 'stop' }, source);
  try {
    await database.connected('migrations', (client) => migrate(client, source.description));
    const keys = await database.transaction('keys', (client) => openDataKeys(client, masters));
    const batches = new PostgresBatches(database, sealedBox(keys));
    return { batches, runs: new PostgresRuns(database), close: () => database.close() };
  } catch (error) {
    await database.close();
    throw error;
  }
}

// A connection pool with the keys that open secrets, for work on many devices at once.
import { databaseOf, type RegistryOptions, sourceOf, type Workload } from '../connect.js';
import { defaultDataDir, openDataDir } from '../data-dir.js';
import { openDataKeys } from '../postgres/data-keys.js';
import type { Database } from '../postgres/database.js';
import { migrate } from '../postgres/migrate.js';
import { loadMasterKeys, masterKeySource } from '../secrets/master-key.js';
import { plainBox, type SecretBox, sealedBox } from '../secrets/secret-box.js';

export interface OpenDatabase {
  readonly database: Database;
  readonly box: SecretBox;
}

/**
 * The database of the options, brought up to date; the caller closes it.
 *
 * @throws DATA_DIR_UNUSABLE, EMBEDDED_*, REGISTRY_*, MASTER_KEY_INVALID, SECRET_UNREADABLE, CANCELLED
 */
export async function openWithSecrets(
  options: RegistryOptions,
  workload: Workload = 'calls',
): Promise<OpenDatabase> {
  const { env = process.env, secrets = 'sealed', whenDown = 'stop' } = options;
  const dataDir = await openDataDir(options.dataDir ?? defaultDataDir());
  const masters = await loadMasterKeys(masterKeySource(dataDir, env));
  const source = sourceOf(options, dataDir, env);
  const database = databaseOf({ ...options, whenDown }, source, workload);
  try {
    await database.connected('migrations', (client) => migrate(client, source.description));
    const keys = await database.transaction('keys', (client) => openDataKeys(client, masters));
    const box = sealedBox(keys);
    return { database, box: secrets === 'plain' ? plainBox(box) : box };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Opens it, works with it, and closes it. @throws as openWithSecrets, and what `work` throws */
export async function withSecrets<T>(
  options: RegistryOptions,
  work: (open: OpenDatabase) => Promise<T>,
  workload: Workload = 'calls',
): Promise<T> {
  const open = await openWithSecrets(options, workload);
  try {
    return await work(open);
  } finally {
    await open.database.close();
  }
}

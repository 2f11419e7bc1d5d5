// A connection pool with the keys that open secrets, for work on many devices at once.
import type pg from 'pg';
import { databaseOf, type RegistryOptions, sourceOf, type Workload } from '../store/connect.js';
import { defaultDataDir, openDataDir } from '../data-dir.js';
import { openDataKeysWith } from '../store/data-keys.js';
import { BEGIN, type Database } from '../store/database.js';
import { migrate } from '../store/migrate.js';
import type { SealingKey } from '../store/secrets/envelope.js';
import { loadMasterKeys, masterKeyLoader, masterKeySource } from '../store/secrets/master-key.js';
import { plainBox, type SecretBox, sealedBox } from '../store/secrets/secret-box.js';

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
  const { whenDown = 'stop' } = options;
  const open = await withSecretsLater({ ...options, whenDown }, workload);
  try {
    await open.database.connected('migrations', () => Promise.resolve());
    return open;
  } catch (error) {
    await open.database.close();
    throw error;
  }
}

/**
 * The same, and nothing is connected yet: the first call does it, and each one after it until it could be done. The box
 * is for use inside of calls.
 *
 * @throws DATA_DIR_UNUSABLE, MASTER_KEY_INVALID, FILE_*
 */
export async function withSecretsLater(
  options: RegistryOptions,
  workload: Workload = 'calls',
): Promise<OpenDatabase> {
  const { env = process.env, secrets = 'sealed' } = options;
  const dataDir = await openDataDir(options.dataDir ?? defaultDataDir());
  const keySource = masterKeySource(dataDir, env);
  const masters = masterKeyLoader(keySource, await loadMasterKeys(keySource));
  const source = sourceOf(options, dataDir, env);
  let known: SecretBox = sealedBox([]);
  const database = databaseOf(options, source, workload, async (client) => {
    await migrate(client, source.description);
    known = sealedBox(await readDataKeys(client, masters));
  });
  const box: SecretBox = {
    seal: (secret, owner) => known.seal(secret, owner),
    open: (stored, owner) => known.open(stored, owner),
  };
  return { database, box: secrets === 'plain' ? plainBox(box) : box };
}

async function readDataKeys(
  client: pg.ClientBase,
  masters: () => Promise<readonly SealingKey[]>,
): Promise<SealingKey[]> {
  await client.query(BEGIN);
  try {
    const keys = await openDataKeysWith(client, masters);
    await client.query('commit');
    return keys;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
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

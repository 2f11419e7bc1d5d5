// Opens the registry that the user's settings name: the embedded PostgreSQL of a data directory, or a server, with the
// key journal before it.
import { databaseOf, type RegistryOptions, sourceOf } from './connect.js';
import { defaultDataDir, openDataDir } from '../data-dir.js';
import { DoorCopy } from '../door/copy.js';
import { JournaledRegistry } from '../spool/journaled-registry.js';
import { Journal } from '../spool/journal.js';
import { PostgresRegistry } from '../devices/postgres-registry.js';
import type { Registry } from '../registry.js';
import { LocalKeys } from './secrets/local-keys.js';
import { loadMasterKeys, masterKeyLoader, masterKeySource } from './secrets/master-key.js';

/**
 * The embedded server is started if nobody has yet, and stopped when the last espmint process closes its registry.
 *
 * @throws DATA_DIR_UNUSABLE, EMBEDDED_*, REGISTRY_*, MASTER_KEY_INVALID, SECRET_UNREADABLE, FILE_*, DISK_FULL, CANCELLED
 */
export async function openRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { whenDown = 'continue', secrets = 'sealed', env = process.env } = options;
  const dataDir = await openDataDir(options.dataDir ?? defaultDataDir());
  const keySource = masterKeySource(dataDir, env);
  const loaded = await loadMasterKeys(keySource);
  const keys = LocalKeys.open(keySource, loaded, 'journal');
  const masters = masterKeyLoader(keySource, loaded);
  const source = sourceOf(options, dataDir, env);
  const registry = new JournaledRegistry({
    journal: await Journal.open(dataDir),
    door: new DoorCopy(dataDir, source.description),
    keys,
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

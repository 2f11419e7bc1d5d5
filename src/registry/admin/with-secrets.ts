// The opened database of the options, for work on many devices at once.
import type { RegistryOptions, Workload } from '../store/connect.js';
import { openDatabase, type OpenDatabase } from '../store/open-database.js';
import { plainBox } from '../store/secrets/secret-box.js';

/**
 * The database of the options, brought up to date; the caller closes it.
 *
 * @throws DATA_DIR_UNUSABLE, EMBEDDED_*, REGISTRY_*, MASTER_KEY_INVALID, SECRET_UNREADABLE, CANCELLED
 */
export async function openWithSecrets(
  options: RegistryOptions,
  workload: Workload = 'calls',
): Promise<OpenDatabase> {
  const { whenDown = 'stop', secrets = 'sealed' } = options;
  const open = await openDatabase({ ...options, whenDown }, workload);
  try {
    await open.database.connected('migrations', () => Promise.resolve());
    return secrets === 'plain' ? { ...open, box: plainBox(open.box) } : open;
  } catch (error) {
    await open.database.close();
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

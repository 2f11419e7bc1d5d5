// A database with all that is needed to work with it: one pool that brings the schema up to date when it first connects,
// and the keys that open its secrets, loaded once.
import type pg from 'pg';
import { defaultDataDir, openDataDir } from '../data-dir.js';
import { databaseOf, type RegistryOptions, sourceOf } from './connect.js';
import { openDataKeys } from './data-keys.js';
import { BEGIN, type Database } from './database.js';
import { migrate } from './migrate.js';
import type { SecretKey } from './secrets/envelope.js';
import { masterKeySource } from './secrets/master-key.js';
import { MasterKeys } from './secrets/master-keys.js';
import { type SecretBox, sealedBox } from './secrets/secret-box.js';

export interface OpenDatabase {
  /** Absolute. */
  readonly dataDir: string;
  readonly database: Database;
  readonly masters: MasterKeys;
  /** Seals and opens with the registry's keys. For use inside of calls: they are known once it is connected. */
  readonly box: SecretBox;
}

/**
 * Nothing is connected yet: the first call does it, and each one after it until it could be done. The caller closes the
 * database.
 *
 * @throws DATA_DIR_UNUSABLE, MASTER_KEY_INVALID, INPUT_INVALID, FILE_*
 */
export async function openDatabase(options: RegistryOptions): Promise<OpenDatabase> {
  const { env = process.env } = options;
  const dataDir = await openDataDir(options.dataDir ?? defaultDataDir());
  const masters = await MasterKeys.load(masterKeySource(dataDir, env), dataDir);
  const source = sourceOf(options, dataDir, env);
  let known: SecretBox = sealedBox([]);
  const database = databaseOf(options, source, {
    prepare: async (client) => {
      await migrate(client, source.description);
      known = sealedBox(await openKeys(client, masters, source.description));
    },
  });
  const box: SecretBox = {
    seal: (secret, owner) => known.seal(secret, owner),
    open: (stored, owner) => known.open(stored, owner),
  };
  return { dataDir, database, masters, box };
}

async function openKeys(
  client: pg.ClientBase,
  masters: MasterKeys,
  name: string,
): Promise<readonly SecretKey[]> {
  await client.query(BEGIN);
  try {
    const { keys } = await openDataKeys(client, masters, name);
    await client.query('commit');
    return keys;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

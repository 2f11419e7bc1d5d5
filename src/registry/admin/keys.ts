// `keys list`, `keys import` and `keys forget`: which master keys this computer has, and what each of them opens.
import { EspmintError, toEspmintError } from '../../core/errors/index.js';
import { RegistryCopy } from '../admission/registry-copy.js';
import { defaultDataDir, openDataDir } from '../data-dir.js';
import { type RegistryOptions, sourceOf } from '../store/connect.js';
import { readSealIfAny } from '../store/data-keys.js';
import { isDown } from '../store/outage.js';
import { localKeyIds } from '../store/secrets/local-key-ids.js';
import {
  forgetKey,
  keepKeys,
  masterKeySource,
  readKeysToImport,
  useKey,
} from '../store/secrets/master-key.js';
import { MasterKeys } from '../store/secrets/master-keys.js';
import { withDatabase } from './with-database.js';

/** One master key, known by its id. */
interface KnownKey {
  readonly id: string;
  /** The one that is used; others are kept for what was sealed with them. */
  readonly isUsed: boolean;
  /** Whether the registry is sealed with it. */
  readonly sealsRegistry: boolean;
  /** Sealed secrets in this computer's own records that it opens. */
  readonly localSecrets: number;
}

export interface KeysReport {
  /** Address of the registry, without password. */
  readonly registry: string;
  /** Ids of the master keys that open it; absent where that is not known. */
  readonly wanted?: readonly string[] | undefined;
  /** When this computer heard so, where it cannot ask now; ISO 8601 in UTC. */
  readonly asOf?: string | undefined;
  /** Why the registry could not be asked. */
  readonly fault?: EspmintError | undefined;
  readonly keys: readonly KnownKey[];
  /** Ids that something is sealed with and that this computer does not have. */
  readonly missing: readonly string[];
}

/** Connects and looks, changes nothing. @throws DATA_DIR_UNUSABLE, MASTER_KEY_INVALID, FILE_UNREADABLE */
export async function listKeys(options: RegistryOptions): Promise<KeysReport> {
  const { dataDir, masters } = await keysHere(options);
  const { registry, wanted, asOf, fault } = await askRegistry(options, dataDir);
  const local = await localKeyIds(dataDir);
  const [used] = masters.all;
  return {
    registry,
    wanted,
    asOf,
    fault,
    keys: masters.all.map(({ id }) => ({
      id,
      isUsed: id === used?.id,
      sealsRegistry: wanted?.includes(id) === true,
      localSecrets: local.get(id) ?? 0,
    })),
    missing: [...new Set([...(wanted ?? []), ...local.keys()])].filter((id) => !masters.has(id)),
  };
}

export interface ImportedKeys extends KeysReport {
  /** Ids of those in the file. */
  readonly imported: readonly string[];
  /** Those that were here before. */
  readonly alreadyHere: readonly string[];
}

/**
 * Adds the keys in a file to those of this computer; none that is here is overwritten. The one that the registry is
 * sealed with becomes the one that is used.
 *
 * @throws MASTER_KEY_INVALID, FILE_*, DISK_FULL
 */
export async function importKeys(options: RegistryOptions, path: string): Promise<ImportedKeys> {
  const { dataDir, masters } = await keysHere(options);
  const keys = await readKeysToImport(path);
  const alreadyHere = keys.map(({ id }) => id).filter((id) => masters.has(id));
  await keepKeys(masters.source, keys);
  await masters.reload();
  if (!masters.isGiven) {
    const { wanted } = await askRegistry(options, dataDir);
    const fitting = masters.all.find(({ id }) => wanted?.includes(id) === true);
    const use = fitting ?? (masters.hasCurrent ? undefined : keys[0]);
    if (use !== undefined) await useKey(masters.source, use);
  }
  return { ...(await listKeys(options)), imported: keys.map(({ id }) => id), alreadyHere };
}

/**
 * Removes a replaced key. Backups that were made under it cannot be restored here afterwards.
 *
 * @throws MASTER_KEY_UNKNOWN, MASTER_KEY_NEEDED, FILE_*, DISK_FULL, and what is wrong with the registry: without it it is
 *   not known whether it needs the key
 */
export async function forgetMasterKey(options: RegistryOptions, id: string): Promise<void> {
  const { masters } = await keysHere(options);
  const { registry, fault, keys } = await listKeys(options);
  const known = keys.find((key) => key.id === id);
  if (known === undefined) throw new EspmintError('MASTER_KEY_UNKNOWN', { id });
  const needed = (by: string): EspmintError => new EspmintError('MASTER_KEY_NEEDED', { id, by });
  if (known.isUsed) throw needed('what this computer seals from now on');
  if (known.localSecrets > 0) throw needed(`${known.localSecrets} sealed records of this computer`);
  if (fault !== undefined) throw fault;
  if (known.sealsRegistry) throw needed(`the registry at ${registry}`);
  if (!(await forgetKey(masters.source, id))) throw new EspmintError('MASTER_KEY_UNKNOWN', { id });
}

async function keysHere(options: RegistryOptions): Promise<{ dataDir: string; masters: MasterKeys }> {
  const dataDir = await openDataDir(options.dataDir ?? defaultDataDir());
  const source = masterKeySource(dataDir, options.env ?? process.env);
  return { dataDir, masters: await MasterKeys.load(source, dataDir) };
}

/** What the registry says, or what this computer has heard of it. */
async function askRegistry(
  options: RegistryOptions,
  dataDir: string,
): Promise<Pick<KeysReport, 'registry' | 'wanted' | 'asOf' | 'fault'>> {
  const registry = sourceOf(options, dataDir, options.env ?? process.env).description;
  try {
    const seal = await withDatabase(options, 'keys', (client) => readSealIfAny(client));
    return { registry, wanted: seal.masterIds };
  } catch (error) {
    const fault = toEspmintError(error);
    const copy = isDown(error) ? await new RegistryCopy(dataDir, registry).find() : undefined;
    return { registry, wanted: copy?.masterIds, asOf: copy?.at, fault };
  }
}

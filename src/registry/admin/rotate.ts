// `keys rotate`: a new master key, while everybody goes on working.
import type pg from 'pg';
import type { RegistryOptions } from '../store/connect.js';
import { opensAll, rewrapDataKeys } from '../store/data-keys.js';
import { BEGIN } from '../store/database.js';
import { migrate } from '../store/migrate.js';
import { recordEvent } from '../devices/events.js';
import type { SealingKey } from '../store/secrets/envelope.js';
import { localKeyIds } from '../store/secrets/local-key-ids.js';
import {
  defaultKeyFile,
  forgetPreviousKeys,
  loadMasterKeys,
  masterKeySource,
  type MasterKeySource,
  prepareNextKey,
  readNextKey,
  useNextKey,
} from '../store/secrets/master-key.js';
import { withDatabase } from './with-database.js';

export interface RotationReport {
  /** Ids of the master keys. */
  readonly from: string;
  readonly to: string;
  /** Sealing keys that were wrapped anew. */
  readonly rewrapped: number;
}

/**
 * Replaces the key file by a new one and wraps the registry's sealing keys with it. The new key is on the disk before
 * the registry knows of it, and takes the old one's place after; a crash in between leaves both, and both are tried. The
 * old one is kept as long as this computer needs it for what it has sealed itself. Other stations of the same server
 * need a copy of the new file to open the registry again.
 *
 * @throws INPUT_INVALID (the master key is not in a file), and as openRegistry
 */
export async function rotateMasterKey(options: RegistryOptions): Promise<RotationReport> {
  return withDatabase(options, 'rotate', async (client, { target, dataDir }) => {
    await migrate(client, target);
    const source = masterKeySource(dataDir, options.env ?? process.env);
    return rotate(client, source, dataDir);
  });
}

async function rotate(
  client: pg.ClientBase,
  source: MasterKeySource,
  dataDir: string,
): Promise<RotationReport> {
  const masters = await settleEarlierRotation(client, source);
  const next = await prepareNextKey(source);
  const from = masters[0];
  const rewrapped = await rewrap(client, masters, next);
  await useNextKey(source, next);
  const report = { from: from.id, to: next.id, rewrapped };
  await forgetUnneeded(dataDir, source, report);
  return report;
}

async function rewrap(
  client: pg.ClientBase,
  masters: readonly SealingKey[],
  next: SealingKey,
): Promise<number> {
  await client.query(BEGIN);
  try {
    const rewrapped = await rewrapDataKeys(client, [...masters, next], next);
    const detail = { from: masters[0]?.id, to: next.id };
    await recordEvent(client, { kind: 'master key rotated', detail });
    await client.query('commit');
    return rewrapped;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** A rotation that was cut short has left a key beside the key file: it is used if the registry is wrapped with it. */
async function settleEarlierRotation(
  client: pg.ClientBase,
  source: MasterKeySource,
): Promise<[SealingKey, ...SealingKey[]]> {
  const masters = await loadMasterKeys(source);
  const next = await readNextKey(source);
  if (next === undefined || !(await opensAll(client, next))) return masters;
  await useNextKey(source, next);
  return [next, ...masters];
}

/** Previous keys go once nothing on this computer is sealed with them. */
async function forgetUnneeded(
  dataDir: string,
  source: MasterKeySource,
  { from: replaced, to: current }: Pick<RotationReport, 'from' | 'to'>,
): Promise<void> {
  // A key file elsewhere may serve other data directories too.
  if (source.file !== defaultKeyFile(dataDir)) return;
  const ids = await localKeyIds(dataDir).catch(() => undefined);
  if (ids === undefined) return;
  await forgetPreviousKeys(source, ({ id }) => id === replaced || id === current || ids.has(id));
}

// `keys rotate`: a new master key, while everybody goes on working.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import type { RegistryOptions } from '../connect.js';
import { Journal } from '../journal/journal.js';
import { opensAll, rewrapDataKeys } from '../postgres/data-keys.js';
import { migrate } from '../postgres/migrate.js';
import { recordEvent } from '../postgres/events.js';
import type { SealingKey } from '../secrets/envelope.js';
import {
  loadMasterKeys,
  masterKeySource,
  type MasterKeySource,
  prepareNextKey,
  useNextKey,
} from '../secrets/master-key.js';
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
 * the registry knows of it, and takes the old one's place after; a crash in between leaves both, and both are tried.
 * Other stations of the same server need a copy of the new file to open the registry again.
 *
 * @throws INPUT_INVALID (the master key is not in a file, or the journal is not empty), and as openRegistry
 */
export async function rotateMasterKey(options: RegistryOptions): Promise<RotationReport> {
  return withDatabase(options, 'rotate', async (client, { target, dataDir }) => {
    await migrate(client, target);
    await requireSettledJournal(dataDir);
    const source = masterKeySource(dataDir, options.env ?? process.env);
    const masters = await settleEarlierRotation(client, source);
    const next = await prepareNextKey(source);
    const from = masters[0];
    await client.query('begin');
    try {
      const rewrapped = await rewrapDataKeys(client, masters, next);
      await recordEvent(client, { kind: 'master key rotated', detail: { from: from.id, to: next.id } });
      await client.query('commit');
      await useNextKey(source);
      return { from: from.id, to: next.id, rewrapped };
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    }
  });
}

/** A rotation that was cut short has left a key beside the key file: it is used if the registry is wrapped with it. */
async function settleEarlierRotation(
  client: pg.ClientBase,
  source: MasterKeySource,
): Promise<[SealingKey, ...SealingKey[]]> {
  const masters = await loadMasterKeys(source);
  const next = masters[1];
  if (next === undefined) return masters;
  if (!(await opensAll(client, next))) return [masters[0]];
  await useNextKey(source);
  return [next];
}

/** The journal's keys are sealed under the master key itself: the registry must have them before it goes. */
async function requireSettledJournal(dataDir: string): Promise<void> {
  const journal = await Journal.open(dataDir);
  try {
    const open = (await journal.attempts()).filter(({ owed, end }) => owed || end === undefined);
    if (open.length === 0) return;
    throw new EspmintError('INPUT_INVALID', {
      field: 'The key journal',
      reason: `still holds ${open.length} attempts`,
      hint: 'let them end, or run "espmint db status" with the registry in reach, then rotate',
    });
  } finally {
    await journal.close();
  }
}

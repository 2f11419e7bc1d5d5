// `keys rotate`: a new master key, while everybody goes on working.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { recordEvent } from '../devices/events.js';
import type { RegistryOptions } from '../store/connect.js';
import { opensAll, readSeal, rewrapDataKeys } from '../store/data-keys.js';
import { BEGIN } from '../store/database.js';
import { migrate } from '../store/migrate.js';
import type { SecretKey } from '../store/secrets/envelope.js';
import {
  masterKeySource,
  prepareNextKey,
  previousOf,
  readNextKey,
  useNextKey,
} from '../store/secrets/master-key.js';
import { MasterKeys } from '../store/secrets/master-keys.js';
import { withDatabase } from './with-database.js';

export interface RotationReport {
  /** Ids of the master keys. */
  readonly from: string;
  readonly to: string;
  /** Data keys that were wrapped anew. */
  readonly rewrapped: number;
  /** The file that keeps the replaced key: a backup, a journal or another station may need it still. */
  readonly keptIn: string;
}

/**
 * Replaces the key file by a new one and wraps the registry's data keys with it. The new key is on the disk before
 * the registry knows of it, and takes the old one's place after; a crash in between leaves both, and both are tried. The
 * old one is kept until somebody forgets it. A key that comes from a variable or a command is not made here: the registry
 * goes over to it from an imported one.
 *
 * @throws INPUT_INVALID (the registry has the key that is given already), and as openRegistry
 */
export async function rotateMasterKey(options: RegistryOptions): Promise<RotationReport> {
  return withDatabase(options, 'rotate', async (client, { target, dataDir }) => {
    await migrate(client, target);
    const source = masterKeySource(dataDir, options.env ?? process.env);
    const masters = await MasterKeys.load(source, dataDir);
    return masters.isGiven ? goOverToGiven(client, masters, target) : rotateFile(client, masters, target);
  });
}

async function rotateFile(
  client: pg.ClientBase,
  masters: MasterKeys,
  target: string,
): Promise<RotationReport> {
  const { source } = masters;
  await settleEarlierRotation(client, masters);
  const from = await wrappingKey(client, masters, target);
  const next = await prepareNextKey(source);
  const rewrapped = await rewrap(client, [...masters.all, next], { from, to: next });
  await useNextKey(source, next);
  return { from: from.id, to: next.id, rewrapped, keptIn: previousOf(source) };
}

async function goOverToGiven(
  client: pg.ClientBase,
  masters: MasterKeys,
  target: string,
): Promise<RotationReport> {
  const [to] = masters.forRegistry;
  const from = await wrappingKey(client, masters, target);
  if (to === undefined || from.id === to.id) {
    throw new EspmintError('INPUT_INVALID', {
      field: 'The master key',
      reason:
        'does not come from a file, so espmint makes no new one, and the registry has the one that is given',
      hint: 'put it into a file and run "espmint keys import FILE", then give the new key and rotate again',
    });
  }
  const rewrapped = await rewrap(client, masters.all, { from, to });
  return { from: from.id, to: to.id, rewrapped, keptIn: previousOf(masters.source) };
}

/** The one that the registry is sealed with now; that of a registry without any is made. @throws SECRET_UNREADABLE */
async function wrappingKey(client: pg.ClientBase, masters: MasterKeys, target: string): Promise<SecretKey> {
  const { masterIds } = await readSeal(client);
  if (masterIds.length === 0) return masters.forNewRegistry();
  const key = masters.all.find(({ id }) => id === masterIds[0]);
  if (key === undefined || !masterIds.every((id) => masters.has(id)))
    throw masters.missing(`the registry at ${target}`, masterIds);
  return key;
}

async function rewrap(
  client: pg.ClientBase,
  known: readonly SecretKey[],
  { from, to }: { readonly from: SecretKey; readonly to: SecretKey },
): Promise<number> {
  await client.query(BEGIN);
  try {
    const rewrapped = await rewrapDataKeys(client, known, to);
    await recordEvent(client, { kind: 'master key rotated', detail: { from: from.id, to: to.id } });
    await client.query('commit');
    return rewrapped;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** A rotation that was cut short has left a key beside the key file: it is used if the registry is wrapped with it. */
async function settleEarlierRotation(client: pg.ClientBase, masters: MasterKeys): Promise<void> {
  const next = await readNextKey(masters.source);
  if (next === undefined || !(await opensAll(client, next))) return;
  await useNextKey(masters.source, next);
  await masters.reload();
}

// The keys that seal this registry's secrets: kept in it, wrapped by the master key that is not.
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import { openText, type SealingKey, sealingKeyId, sealText } from './secrets/envelope.js';

interface WrappedKey {
  readonly id: string;
  readonly wrapped: string;
}

/** Any number will do as long as all espmint processes use the same. */
const LOCK_KEY = '7310868735422102';
const KEY_BYTES = 32;

/**
 * Opens the registry's sealing keys, oldest first; makes the first one. Runs inside a transaction.
 *
 * @param masters the master key, and one that is about to replace it if there is one
 * @throws SECRET_UNREADABLE when none of them wraps what is there
 */
export async function openDataKeys(
  client: pg.ClientBase,
  masters: readonly SealingKey[],
): Promise<SealingKey[]> {
  const found = await readKeys(client);
  if (found.length > 0) return found.map((row) => unwrap(row, masters));
  await client.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
  const meanwhile = await readKeys(client);
  if (meanwhile.length > 0) return meanwhile.map((row) => unwrap(row, masters));
  const [master] = masters;
  if (master === undefined) throw new EspmintError('INTERNAL', { reason: 'there is no master key' });
  const made: SealingKey = { id: `k${randomBytes(4).toString('hex')}`, bytes: randomBytes(KEY_BYTES) };
  await client.query('insert into data_keys (id, wrapped) values ($1, $2)', [made.id, wrap(made, master)]);
  return [made];
}

/**
 * The same with the master keys as they are now: a rotation that ends in between has replaced them.
 *
 * @throws SECRET_UNREADABLE, and what `load` throws
 */
export async function openDataKeysWith(
  client: pg.ClientBase,
  load: () => Promise<readonly SealingKey[]>,
): Promise<SealingKey[]> {
  const masters = await load();
  try {
    return await openDataKeys(client, masters);
  } catch (error) {
    if (!isEspmintError(error, 'SECRET_UNREADABLE')) throw error;
    const now = await load();
    if (now.every(({ id }) => masters.some((master) => master.id === id))) throw error;
    return openDataKeys(client, now);
  }
}

/**
 * Wraps all sealing keys anew: the old master key opens nothing of this registry afterwards, and no secret had to be
 * sealed again. Runs inside a transaction.
 *
 * @param from master keys, one of which wraps them now
 * @returns how many keys there are
 * @throws SECRET_UNREADABLE
 */
export async function rewrapDataKeys(
  client: pg.ClientBase,
  from: readonly SealingKey[],
  to: SealingKey,
): Promise<number> {
  await client.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
  const rows = await readKeys(client);
  for (const row of rows) {
    const key = unwrap(row, from);
    await client.query('update data_keys set wrapped = $2 where id = $1', [key.id, wrap(key, to)]);
  }
  return rows.length;
}

async function readKeys(client: pg.ClientBase): Promise<WrappedKey[]> {
  const { rows } = await client.query<WrappedKey>(
    'select id, wrapped from data_keys order by created_at, id',
  );
  return rows;
}

function wrap(key: SealingKey, master: SealingKey): string {
  return sealText(master, Buffer.from(key.bytes).toString('base64'), `data key ${key.id}`);
}

function unwrap({ id, wrapped }: WrappedKey, masters: readonly SealingKey[]): SealingKey {
  for (const master of masters) {
    const plain = openText(master, wrapped, `data key ${id}`);
    if (plain !== undefined) return { id, bytes: Buffer.from(plain, 'base64') };
  }
  const ours = masters.map((master) => master.id).join(', ');
  throw new EspmintError('SECRET_UNREADABLE', {
    what: 'this registry',
    reason: `it is sealed under the master key ${sealingKeyId(wrapped) ?? 'unknown'}, and the one given is ${ours}`,
  });
}

/** Whether this master key alone opens every sealing key. */
export async function opensAll(client: pg.ClientBase, master: SealingKey): Promise<boolean> {
  const rows = await readKeys(client);
  return rows.every(({ id, wrapped }) => openText(master, wrapped, `data key ${id}`) !== undefined);
}

// The keys that seal this registry's secrets: kept in it, wrapped by the master key that is not.
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { EspmintError, toEspmintError } from '../../core/errors/index.js';
import { openText, type SecretKey, keyIdOf, sealText } from './secrets/envelope.js';
import type { MasterKeys } from './secrets/master-keys.js';
import { sealedBox } from './secrets/secret-box.js';

interface WrappedKey {
  readonly id: string;
  readonly wrapped: string;
}

/** Any number will do as long as all espmint processes use the same. */
const LOCK_KEY = '7310868735422102';
const KEY_BYTES = 32;

/** The data keys, and what tells this registry from every other. */
export interface OpenedKeys {
  /** Oldest first: the last one seals. */
  readonly keys: readonly SecretKey[];
  /** The id of its first data key: chance, never changed, and taken along by a backup and a move. */
  readonly registryId: string;
}

/**
 * Opens the registry's data keys; makes the first one, and a master key where this computer has none. Runs inside a
 * transaction.
 *
 * @param name of the registry, for messages
 * @throws SECRET_UNREADABLE when none of the master keys wraps what is there, FILE_*, DISK_FULL
 */
export async function openDataKeys(
  client: pg.ClientBase,
  masters: MasterKeys,
  name: string,
): Promise<OpenedKeys> {
  const found = await readKeys(client);
  if (found.length > 0) return unwrapAll(found, masters, name);
  await client.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
  const meanwhile = await readKeys(client);
  if (meanwhile.length > 0) return unwrapAll(meanwhile, masters, name);
  const master = await masters.forNewRegistry();
  const made: SecretKey = { id: `k${randomBytes(4).toString('hex')}`, bytes: randomBytes(KEY_BYTES) };
  await client.query('insert into data_keys (id, wrapped) values ($1, $2)', [made.id, wrap(made, master)]);
  masters.noteRegistrys(master.id);
  return { keys: [made], registryId: made.id };
}

/** Also with the master keys as they are now: a rotation that ends in between has replaced them. */
async function unwrapAll(
  rows: readonly WrappedKey[],
  masters: MasterKeys,
  name: string,
): Promise<OpenedKeys> {
  const wanted = wrappedBy(rows);
  if (!masters.opens(wanted)) await masters.reload();
  masters.require(`the registry at ${name}`, wanted);
  masters.noteRegistrys(wanted[0]);
  const keys = rows.map((row) => unwrap(row, masters.forRegistry));
  return { keys, registryId: rows[0]?.id ?? '' };
}

/** Ids of the master keys that wrap the data keys, the one of the newest first. */
function wrappedBy(rows: readonly WrappedKey[]): string[] {
  return [...new Set(rows.map(({ wrapped }) => keyIdOf(wrapped) ?? 'unknown').reverse())];
}

/** What this registry says of itself. */
export interface RegistrySeal {
  /** As in OpenedKeys; undefined while it has no data key. */
  readonly registryId: string | undefined;
  /** Ids of the master keys that open it. */
  readonly masterIds: readonly string[];
}

/** The same of a database whose schema may not be there yet. */
export async function readSealIfAny(client: pg.ClientBase): Promise<RegistrySeal> {
  const { rows } = await client.query<{ there: boolean }>(
    `select to_regclass('data_keys') is not null as there`,
  );
  return rows[0]?.there === true ? readSeal(client) : { registryId: undefined, masterIds: [] };
}

export async function readSeal(client: pg.ClientBase): Promise<RegistrySeal> {
  const rows = await readKeys(client);
  return { registryId: rows[0]?.id, masterIds: wrappedBy(rows) };
}

/**
 * That the secrets of this registry can be opened here: every data key, and the first or last secret that one of
 * them has sealed.
 *
 * @param name of what holds them, for messages
 * @throws SECRET_UNREADABLE
 */
export async function proveSecretsOpen(
  client: pg.ClientBase,
  masters: MasterKeys,
  name: string,
): Promise<void> {
  const rows = await readKeys(client);
  if (rows.length === 0) return;
  const wanted = wrappedBy(rows);
  masters.require(name, wanted);
  const box = sealedBox(rows.map((row) => unwrap(row, masters.forRegistry)));
  const { rows: sealed } = await client.query<{ uuid: string; mac: string; psk: string }>(
    `select lower(global_uuid) as uuid, mac_key as mac, psk_secret as psk from device_keys where id in (
       select unnest(array[min(id), max(id)]) from device_keys
       where psk_secret like 'em1.%' group by split_part(psk_secret, '.', 2))`,
  );
  const faults = sealed.map(({ uuid, mac, psk }) => faultOf(() => box.open(psk, { uuid, macKey: mac })));
  // One that somebody has changed was so before, too: it is no reason to keep back the others.
  const [fault] = faults;
  if (fault !== undefined && faults.every((each) => each !== undefined)) throw fault;
}

function faultOf(work: () => unknown): EspmintError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return toEspmintError(error);
  }
}

/**
 * Wraps all data keys anew: the old master key opens nothing of this registry afterwards, and no secret had to be
 * sealed again. Runs inside a transaction.
 *
 * @param from master keys, one of which wraps them now
 * @returns how many keys there are
 * @throws SECRET_UNREADABLE
 */
export async function rewrapDataKeys(
  client: pg.ClientBase,
  from: readonly SecretKey[],
  to: SecretKey,
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

function wrap(key: SecretKey, master: SecretKey): string {
  return sealText(master, Buffer.from(key.bytes).toString('base64'), `data key ${key.id}`);
}

function unwrap({ id, wrapped }: WrappedKey, masters: readonly SecretKey[]): SecretKey {
  for (const master of masters) {
    const plain = openText(master, wrapped, `data key ${id}`);
    if (plain !== undefined) return { id, bytes: Buffer.from(plain, 'base64') };
  }
  const reason = `its data key ${id} was changed, or is not of this registry`;
  throw new EspmintError('SECRET_UNREADABLE', { what: 'this registry', reason });
}

/** Whether this master key alone opens every data key. */
export async function opensAll(client: pg.ClientBase, master: SecretKey): Promise<boolean> {
  const rows = await readKeys(client);
  return rows.every(({ id, wrapped }) => openText(master, wrapped, `data key ${id}`) !== undefined);
}

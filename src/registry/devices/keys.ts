// The keys of devices: which of them a chip may hold, and a new one beside them.
import type pg from 'pg';
import { generatePsk } from '../../core/psk.js';
import type { SecretBox, SecretOwner } from '../store/secrets/secret-box.js';
import { type DeviceRow, type KeyRow, ownerOf } from './rows.js';

/** A key that is stored. */
interface StoredKey {
  readonly id: string;
  readonly psk: string;
}

export interface LiveKey extends StoredKey {
  readonly state: KeyRow['state'];
}

/** Keys that the chips of these devices may hold by what we know, newest first; by the device's number. */
export async function liveKeys(
  client: pg.ClientBase,
  box: SecretBox,
  devices: readonly DeviceRow[],
): Promise<ReadonlyMap<number, readonly LiveKey[]>> {
  const { rows } = await client.query<
    Pick<KeyRow, 'id' | 'state' | 'psk_secret'> & { readonly device_id: number }
  >(
    `select device_id, id, state, psk_secret from device_keys
     where device_id = any($1) and state <> 'superseded' order by id desc`,
    [devices.map(({ id }) => id)],
  );
  const keys = new Map<number, LiveKey[]>(devices.map(({ id }) => [id, []]));
  const owners = new Map(devices.map((device) => [device.id, ownerOf(device)]));
  for (const { device_id: deviceId, id, state, psk_secret: sealed } of rows) {
    const owner = owners.get(deviceId);
    if (owner !== undefined) keys.get(deviceId)?.push({ id, state, psk: box.open(sealed, owner) });
  }
  return keys;
}

/**
 * Stores a key as pending, if it is not stored yet.
 *
 * @param chosen undefined: a new one is made
 * @param at when it was made, ISO 8601; undefined: now
 */
export async function keyFor(
  client: pg.ClientBase,
  box: SecretBox,
  device: DeviceRow,
  keys: readonly LiveKey[],
  chosen: string | undefined,
  at?: string,
): Promise<StoredKey> {
  const found = keys.find(({ psk }) => psk === chosen);
  if (found !== undefined) return found;
  const psk = chosen ?? generatePsk();
  const owner = ownerOf(device);
  return { id: await insertKey(client, device.id, owner, box.seal(psk, owner), at), psk };
}

/** Pending. @returns its number */
export async function insertKey(
  client: pg.ClientBase,
  deviceId: number | undefined,
  owner: SecretOwner,
  sealed: string,
  at: string | undefined,
): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into device_keys (device_id, global_uuid, mac_key, psk_secret, state, created_at)
     values ($1, $2, $3, $4, 'pending', least($5::timestamptz, now())) returning id`,
    [deviceId, owner.uuid, owner.macKey, sealed, at],
  );
  return rows[0]?.id ?? '';
}

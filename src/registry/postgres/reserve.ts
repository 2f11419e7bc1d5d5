// Reserving: a key is chosen and stored before it may be flashed.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { generatePsk } from '../../core/psk.js';
import type { Reservation, ReserveRequest } from '../registry.js';
import { checkNames, makeReservation } from '../request.js';
import type { SecretBox } from '../secrets/secret-box.js';
import { insertAttempt } from './attempts.js';
import { checkLists } from './lists.js';
import {
  DEVICE_COLUMNS,
  type DeviceRow,
  type KeyRow,
  macKeyOf,
  ownerOf,
  REMOVED,
  toDeviceRecord,
} from './rows.js';

/** A key that is stored. */
interface StoredKey {
  readonly id: string;
  readonly psk: string;
}

/** Runs inside a transaction; see Registry.reserve for what it promises. */
export async function reserve(
  client: pg.ClientBase,
  box: SecretBox,
  request: ReserveRequest,
): Promise<Reservation> {
  await checkLists(client, request);
  const found = await lockDevice(client, request);
  const row = found ?? (await insertPending(client, box, request));
  const key = await chooseKey(client, box, row, found === undefined ? undefined : request);
  const id = randomUUID();
  await insertAttempt(
    client,
    { id, deviceId: row.id, keyId: key.id, wanted: wantedOf(request) },
    request.facts,
  );
  const known = found === undefined ? 'new' : found.status === 'pending' ? 'pending' : 'provisioned';
  return makeReservation({ id, mac: request.mac, uuid: request.uuid, known }, key.psk);
}

/** A reservation that was made while the registry was out of reach. */
export interface OfflineReservation {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  /** Its `psk` is the one that may be on the chip. */
  readonly request: ReserveRequest & { readonly psk: string };
}

/**
 * Writes down what was reserved without the registry. Policies are past deciding: the key may be on the chip, so it is
 * pending from now on. A second time it changes nothing. Runs inside a transaction.
 *
 * @throws UUID_TAKEN, MAC_TAKEN
 */
export async function replayReservation(
  client: pg.ClientBase,
  box: SecretBox,
  offline: OfflineReservation,
): Promise<void> {
  const { id, at, request } = offline;
  const found = await lockDevice(client, request);
  const { rowCount } = await client.query('select from attempts where id = $1', [id]);
  if (rowCount === 1) return;
  const row = found ?? (await insertPending(client, box, request));
  const key = await keyFor(client, box, row, request.psk, await liveKeys(client, box, row), undefined);
  const attempt = { id, deviceId: row.id, keyId: key.id, wanted: wantedOf(request), offlineAt: at };
  await insertAttempt(client, attempt, request.facts);
}

/** The device's row, locked; undefined for a new board. @throws UUID_TAKEN, MAC_TAKEN */
async function lockDevice(client: pg.ClientBase, request: ReserveRequest): Promise<DeviceRow | undefined> {
  const macKey = macKeyOf(request.mac);
  // One reservation of a board at a time, also of a board that has no row yet to lock.
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [macKey]);
  const { rows } = await client.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from devices where mac_key = $1 or global_uuid = $2 for update`,
    [macKey, request.uuid],
  );
  checkNames(request, rows.map(toDeviceRecord));
  return rows[0];
}

/** What devices is to say once the key is proven. No secret in it. */
function wantedOf(request: ReserveRequest): Record<string, string | null> {
  return {
    ca_service_url: request.caUrl,
    wifi_ssid: request.wifiSsid ?? null,
    firmware_version: request.firmwareVersion ?? null,
    hardware_revision: request.hardwareRevision ?? null,
    location: request.location ?? null,
  };
}

/** The trigger on devices puts the key into device_keys. */
async function insertPending(
  client: pg.ClientBase,
  box: SecretBox,
  request: ReserveRequest,
): Promise<DeviceRow> {
  const owner = { uuid: request.uuid, macKey: macKeyOf(request.mac) };
  const wanted = wantedOf(request);
  const { rows } = await client.query<DeviceRow>(
    `insert into devices (global_uuid, mac_address, psk_secret, ca_service_url, wifi_ssid, provisioned_at,
                          firmware_version, hardware_revision, location, status)
     values ($1, $2, $3, $4, $5, null, $6, $7, $8, 'pending') returning ${DEVICE_COLUMNS}`,
    [
      request.uuid,
      request.mac,
      box.seal(request.psk ?? generatePsk(), owner),
      wanted['ca_service_url'],
      wanted['wifi_ssid'],
      wanted['firmware_version'],
      wanted['hardware_revision'],
      wanted['location'],
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new EspmintError('INTERNAL', { reason: 'INSERT ... RETURNING gave no row' });
  return row;
}

/**
 * The key to flash. `request` is absent for a device that was made just now: its one key is the right one then.
 */
async function chooseKey(
  client: pg.ClientBase,
  box: SecretBox,
  row: DeviceRow,
  request: ReserveRequest | undefined,
): Promise<StoredKey> {
  const keys = await liveKeys(client, box, row);
  const pending = keys.find(({ state }) => state === 'pending');
  const current = keys.find(({ state }) => state === 'current');
  if (request === undefined || row.status === 'pending') {
    return keyFor(client, box, row, request?.psk, keys, pending);
  }
  if (row.status === REMOVED && request.policy !== 'rotate') {
    throw new EspmintError('DEVICE_REMOVED', { mac: request.mac, uuid: request.uuid });
  }
  if (request.policy === 'refuse') {
    const details = { mac: request.mac, uuid: request.uuid, status: row.status ?? 'provisioned' };
    throw new EspmintError('DEVICE_KNOWN', details);
  }
  if (request.policy === 'rotate') return keyFor(client, box, row, request.psk, keys, pending);
  if (request.psk !== undefined && request.psk !== current?.psk) {
    throw new EspmintError('KEY_DIFFERS', { mac: request.mac, uuid: request.uuid });
  }
  return keyFor(client, box, row, request.psk, keys, current);
}

/** The wanted key if one is given, else the one to go on with, else a new one; stored as pending if it is not yet. */
async function keyFor(
  client: pg.ClientBase,
  box: SecretBox,
  row: DeviceRow,
  given: string | undefined,
  keys: readonly (StoredKey & { state: string })[],
  goOnWith: StoredKey | undefined,
): Promise<StoredKey> {
  const found = given === undefined ? goOnWith : keys.find(({ psk }) => psk === given);
  if (found !== undefined) return found;
  const psk = given ?? generatePsk();
  const owner = ownerOf(row);
  const { rows } = await client.query<{ id: string }>(
    `insert into device_keys (device_id, global_uuid, mac_key, psk_secret, state)
     values ($1, $2, $3, $4, 'pending') returning id`,
    [row.id, owner.uuid, owner.macKey, box.seal(psk, owner)],
  );
  return { id: rows[0]?.id ?? '', psk };
}

/** Keys that a chip may hold by what we know, newest first. */
async function liveKeys(
  client: pg.ClientBase,
  box: SecretBox,
  row: DeviceRow,
): Promise<(StoredKey & { state: string })[]> {
  const { rows } = await client.query<Pick<KeyRow, 'id' | 'state' | 'psk_secret'>>(
    `select id, state, psk_secret from device_keys where device_id = $1 and state <> 'superseded' order by id desc`,
    [row.id],
  );
  return rows.map(({ id, state, psk_secret }) => ({ id, state, psk: box.open(psk_secret, ownerOf(row)) }));
}

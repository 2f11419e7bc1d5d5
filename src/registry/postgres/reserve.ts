// Reserving: a key is chosen and stored before it may be flashed.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { generatePsk } from '../../core/psk.js';
import { namesOf } from '../conflicts/detect.js';
import type { BoardNames, Reservation, ReserveRequest, ScreenRequest } from '../registry.js';
import { makeReservation } from '../request.js';
import type { SecretBox, SecretOwner } from '../secrets/secret-box.js';
import { insertAttempt } from './attempts.js';
import { checkLists } from './lists.js';
import { meet, Stop } from './meet.js';
import { DEVICE_COLUMNS, type DeviceRow, type KeyRow, macKeyOf, ownerOf, REMOVED } from './rows.js';

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
): Promise<Reservation | Stop> {
  await checkLists(client, request);
  const found = await meet(client, request);
  if (found instanceof Stop) return found;
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

/** Runs inside a transaction; see Registry.screen. */
export async function screen(client: pg.ClientBase, request: ScreenRequest): Promise<Stop | undefined> {
  await checkLists(client, request);
  const found = await meet(client, request);
  if (found instanceof Stop) return found;
  if (found?.status !== REMOVED) return undefined;
  throw new EspmintError('DEVICE_REMOVED', { mac: request.mac, uuid: request.uuid });
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
 * @returns the conflict of a board that contradicts the registry by now; its key is stored beside it
 */
export async function replayReservation(
  client: pg.ClientBase,
  box: SecretBox,
  offline: OfflineReservation,
): Promise<Stop | undefined> {
  const { id, at, request } = offline;
  const found = await meet(client, request, (board) => keepKey(client, box, board, request.psk));
  if (found instanceof Stop) return found;
  const { rowCount } = await client.query('select from attempts where id = $1', [id]);
  if (rowCount === 1) return undefined;
  const row = found ?? (await insertPending(client, box, request));
  const key = await keyFor(client, box, row, request.psk, await liveKeys(client, box, row), undefined, at);
  const attempt = { id, deviceId: row.id, keyId: key.id, wanted: wantedOf(request), offlineAt: at };
  await insertAttempt(client, attempt, request.facts);
  return undefined;
}

/** The key that is on a board which is no device: it is kept under the names of the board, once. */
async function keepKey(
  client: pg.ClientBase,
  box: SecretBox,
  { mac, uuid }: BoardNames,
  psk: string,
): Promise<string> {
  const owner = { uuid, macKey: macKeyOf(mac) };
  const { rows } = await client.query<Pick<KeyRow, 'id' | 'psk_secret'>>(
    'select id, psk_secret from device_keys where mac_key = $1 and global_uuid = $2',
    [owner.macKey, uuid],
  );
  const kept = rows.find(({ psk_secret: sealed }) => box.open(sealed, owner) === psk);
  return kept?.id ?? insertKey(client, undefined, owner, box.seal(psk, owner), undefined);
}

/** What devices is to say once the key is proven. No secret in it. */
function wantedOf(request: ReserveRequest): Record<string, string | null> {
  return {
    ca_service_url: request.caUrl,
    wifi_ssid: request.wifiSsid ?? null,
    firmware_version: request.firmwareVersion ?? null,
    hardware_revision: request.hardwareRevision ?? null,
    location: request.location ?? null,
    hardware_id: namesOf(request).hardwareId ?? null,
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
                          firmware_version, hardware_revision, location, hardware_id, status)
     values ($1, $2, $3, $4, $5, null, $6, $7, $8, $9, 'pending') returning ${DEVICE_COLUMNS}`,
    [
      request.uuid,
      request.mac,
      box.seal(request.psk ?? generatePsk(), owner),
      wanted['ca_service_url'],
      wanted['wifi_ssid'],
      wanted['firmware_version'],
      wanted['hardware_revision'],
      wanted['location'],
      wanted['hardware_id'],
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

/**
 * The wanted key if one is given, else the one to go on with, else a new one; stored as pending if it is not yet.
 *
 * @param at when it was made, ISO 8601; undefined: now
 */
async function keyFor(
  client: pg.ClientBase,
  box: SecretBox,
  row: DeviceRow,
  given: string | undefined,
  keys: readonly (StoredKey & { state: string })[],
  goOnWith: StoredKey | undefined,
  at?: string,
): Promise<StoredKey> {
  const found = given === undefined ? goOnWith : keys.find(({ psk }) => psk === given);
  if (found !== undefined) return found;
  const psk = given ?? generatePsk();
  const owner = ownerOf(row);
  return { id: await insertKey(client, row.id, owner, box.seal(psk, owner), at), psk };
}

/** Pending. @returns its number */
async function insertKey(
  client: pg.ClientBase,
  deviceId: number | undefined,
  owner: SecretOwner,
  sealed: string,
  at: string | undefined,
): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into device_keys (device_id, global_uuid, mac_key, psk_secret, state, created_at)
     values ($1, $2, $3, $4, 'pending', coalesce($5::timestamptz, now())) returning id`,
    [deviceId, owner.uuid, owner.macKey, sealed, at],
  );
  return rows[0]?.id ?? '';
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

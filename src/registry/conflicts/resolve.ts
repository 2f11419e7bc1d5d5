// Deciding about a conflict: which of the two is the device from now on. Nothing is deleted, and no key is lost.
import type pg from 'pg';
import type { Conflict, ConflictDecision, ConflictState } from '../../core/conflict.js';
import { EspmintError } from '../../core/errors/index.js';
import { generatePsk } from '../../core/psk.js';
import { eventBy, recordEvent } from '../devices/events.js';
import { lockNames } from '../store/lock.js';
import { DEVICE_COLUMNS, type DeviceRow, macOf, ownerOf, toDeviceRecord } from '../devices/rows.js';
import { buryDevice } from '../devices/tombstone.js';
import { processUser } from '../process-user.js';
import type { BoardNames, Decision } from '../registry.js';
import { checkReason } from '../devices/request.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import { conflictError, findContradiction } from './detect.js';
import { type ConflictRow, needConflict, toConflict } from './store.js';

const STATES: Readonly<Record<ConflictDecision, ConflictState>> = {
  keep: 'kept',
  replace: 'replaced',
  'set-aside': 'set-aside',
};

/** Runs inside a transaction; see Registry.resolve. */
export async function resolveConflict(
  client: pg.ClientBase,
  box: SecretBox,
  id: number,
  { decision, reason, ...by }: Decision,
): Promise<Conflict> {
  checkReason(reason);
  const before = await needConflict(client, id);
  const board = namesIn(before);
  // The order in which a reservation locks: names, devices, conflicts.
  const holders = await lockNames(client, [board]);
  const device = await lockDevice(client, before.device_id);
  await client.query('select from conflicts where id = $1 for update', [id]);
  const conflict = await needConflict(client, id);
  const state = STATES[decision];
  if (conflict.state === state) return toConflict(conflict);
  if (conflict.state === 'replaced')
    throw new EspmintError('CONFLICT_SETTLED', { id, state: conflict.state });
  if (device !== undefined && decision === 'replace') {
    const others = holders.filter((other) => other.id !== device.id);
    await replaceDevice(client, box, device, others, conflict);
  }
  if (device !== undefined && decision === 'set-aside') await buryDevice(client, device, reason, by);
  await client.query(
    `update conflicts set state = $2, decided_at = now(), decided_by = $3, reason = $4 where id = $1`,
    [id, state, by.actor ?? processUser(), reason],
  );
  const detail = {
    conflict: id,
    code: conflict.code,
    decision,
    reason,
    refused: board,
    registered: conflict.registered,
  };
  const event = { ...eventBy(by), uuid: conflict.global_uuid, macKey: conflict.mac_key, detail };
  await recordEvent(client, { kind: 'conflict resolved', ...event });
  return toConflict(await needConflict(client, id));
}

function namesIn({ mac_key, global_uuid: uuid, hardware_id }: ConflictRow): BoardNames {
  return { mac: macOf(mac_key), uuid, hardwareId: hardware_id ?? undefined };
}

async function lockDevice(client: pg.ClientBase, id: number | null): Promise<DeviceRow | undefined> {
  const { rows } = await client.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from devices where id = $1 for update`,
    [id],
  );
  return rows[0];
}

/**
 * The refused board takes the device over: its names, and a key of its own, pending until it is proven on the board.
 * What the device had is superseded; attempts that are open belong to the other board and end here.
 *
 * @throws CLONE_SUSPECTED, HARDWARE_ID_TAKEN, UUID_TAKEN, MAC_TAKEN: the board contradicts still another device
 */
async function replaceDevice(
  client: pg.ClientBase,
  box: SecretBox,
  device: DeviceRow,
  others: readonly DeviceRow[],
  conflict: ConflictRow,
): Promise<void> {
  const board = namesIn(conflict);
  const contradiction = findContradiction(board, others.map(toDeviceRecord));
  if (contradiction !== undefined) {
    const { code, holder } = contradiction;
    throw conflictError({ ...toConflict(conflict), id: undefined, code, registered: holder });
  }
  await client.query(
    `update device_keys set state = 'superseded', superseded_at = now() where device_id = $1 and state <> 'superseded'`,
    [device.id],
  );
  await client.query(
    `update attempts set outcome = 'failed', code = $2, ended_at = now() where device_id = $1 and outcome = 'open'`,
    [device.id, conflict.code],
  );
  const psk = await keyOfBoard(client, box, device.id, conflict);
  await client.query(
    `update devices set mac_address = $2, global_uuid = $3, hardware_id = $4, psk_secret = $5, status = 'pending',
       provisioned_at = null where id = $1`,
    [device.id, board.mac, board.uuid, board.hardwareId ?? null, psk],
  );
}

/** The key that the board holds already, or a new one: stored as the device's pending key, sealed. */
async function keyOfBoard(
  client: pg.ClientBase,
  box: SecretBox,
  deviceId: number,
  { key_id: keyId, mac_key, global_uuid }: ConflictRow,
): Promise<string> {
  if (keyId !== null) {
    const { rows } = await client.query<{ psk_secret: string }>(
      `update device_keys set device_id = $2, state = 'pending', superseded_at = null where id = $1 returning psk_secret`,
      [keyId, deviceId],
    );
    if (rows[0] !== undefined) return rows[0].psk_secret;
  }
  const owner = ownerOf({ mac_key, global_uuid });
  const sealed = box.seal(generatePsk(), owner);
  await client.query(
    `insert into device_keys (device_id, global_uuid, mac_key, psk_secret, state) values ($1, $2, $3, $4, 'pending')`,
    [deviceId, owner.uuid, owner.macKey, sealed],
  );
  return sealed;
}

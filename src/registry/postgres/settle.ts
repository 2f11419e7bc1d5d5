// Settling: the end of a reservation, with the proof that the chip holds its key or without.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import type { AttemptRecord, DeviceRecord, Failure, Image, Proof } from '../registry.js';
import { findContradiction } from '../conflicts/detect.js';
import { recordConflict } from '../conflicts/store.js';
import { processUser } from '../process-user.js';
import { endAttempt } from './attempts.js';
import { recordEvent } from './events.js';
import { enqueueProof } from '../push/outbox.js';
import { Stop } from './meet.js';
import { DEVICE_COLUMNS, type DeviceRow, macOf, toDeviceRecord } from './rows.js';

interface OpenAttempt {
  readonly device_id: number;
  readonly key_id: string;
  readonly outcome: AttemptRecord['outcome'];
  readonly wanted: Record<string, string | null>;
  readonly operator: string | null;
  /** Of its key. */
  readonly global_uuid: string;
  readonly mac_key: string;
}

const UUID_FORM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Runs inside a transaction; see Registry.confirm. The newest proof decides which key is current, also when it is heard
 * of before an older one: a station that was cut off tells late. A key that was superseded by another station's proof
 * in between becomes current again, for now the chip holds it.
 */
export async function confirm(client: pg.ClientBase, id: string, proof: Proof): Promise<DeviceRecord | Stop> {
  const attempt = await lockAttempt(client, id);
  const deviceId = attempt.device_id;
  if (attempt.outcome !== 'passed') {
    const stop = await meetAgain(client, attempt);
    if (stop !== undefined) return stop;
    if (await isOvertaken(client, attempt, proof.endedAt)) await supersede(client, attempt, proof.endedAt);
    else await settle(client, id, attempt, proof.endedAt);
    await endAttempt(client, id, { ...proof, outcome: 'passed' });
  }
  const { rows } = await client.query<DeviceRow>(`select ${DEVICE_COLUMNS} from devices where id = $1`, [
    deviceId,
  ]);
  const [row] = rows;
  if (row === undefined) throw new EspmintError('RESERVATION_UNKNOWN', { id });
  return toDeviceRecord(row);
}

/** @param provenAt ISO 8601; undefined: now */
async function settle(
  client: pg.ClientBase,
  id: string,
  attempt: OpenAttempt,
  provenAt: string | undefined,
): Promise<void> {
  const { device_id: deviceId, key_id: keyId } = attempt;
  await enqueueProof(client, deviceId, keyId);
  const wasCurrent = await makeCurrent(client, deviceId, keyId, provenAt);
  await describeDevice(client, deviceId, attempt, provenAt);
  if (wasCurrent !== undefined) await recordRotation(client, id, attempt, wasCurrent);
}

/** Whether another key of the device was proven on the chip after this one. */
async function isOvertaken(
  client: pg.ClientBase,
  { device_id, key_id }: OpenAttempt,
  provenAt: string | undefined,
): Promise<boolean> {
  if (provenAt === undefined) return false;
  const { rowCount } = await client.query(
    `select from device_keys where device_id = $1 and id <> $2 and state = 'current' and proven_at > $3`,
    [device_id, key_id, provenAt],
  );
  return rowCount !== 0;
}

/** The chip held this key, and holds a later one by now. */
async function supersede(
  client: pg.ClientBase,
  { key_id }: OpenAttempt,
  provenAt: string | undefined,
): Promise<void> {
  await client.query(
    `update device_keys set state = 'superseded', proven_at = $2, superseded_at = now()
     where id = $1 and state = 'pending'`,
    [key_id, provenAt],
  );
}

/**
 * Locks the device. Somebody may have decided since that it is another board (Registry.resolve): the key of this one
 * stays in the history then, and the board is stopped.
 */
async function meetAgain(client: pg.ClientBase, attempt: OpenAttempt): Promise<Stop | undefined> {
  const { rows } = await client.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from devices where id = $1 for update`,
    [attempt.device_id],
  );
  const board = {
    mac: macOf(attempt.mac_key),
    uuid: attempt.global_uuid.toLowerCase(),
    hardwareId: attempt.wanted['hardware_id'] ?? undefined,
  };
  const contradiction = findContradiction(board, rows.map(toDeviceRecord));
  if (contradiction === undefined) return undefined;
  const seenBy = attempt.operator ?? processUser();
  const refusal = { board, facts: {}, seenBy, keyId: attempt.key_id };
  return new Stop(await recordConflict(client, contradiction, refusal));
}

/** Runs inside a transaction; see Registry.built. */
export async function noteImage(client: pg.ClientBase, id: string, image: Image): Promise<void> {
  await lockAttempt(client, id);
  await client.query(
    `update attempts set image_sha256 = $2, image_offset = $3, image_size = $4, image_md5 = $5 where id = $1`,
    [id, image.imageSha256, image.offsetBytes, image.sizeBytes, image.imageMd5 ?? null],
  );
}

/** Runs inside a transaction; see Registry.fail. An attempt that passed stays passed. */
export async function fail(client: pg.ClientBase, id: string, failure: Failure): Promise<void> {
  const { outcome } = await lockAttempt(client, id);
  if (outcome !== 'passed') await endAttempt(client, id, { ...failure, outcome: 'failed' });
}

async function lockAttempt(client: pg.ClientBase, id: string): Promise<OpenAttempt> {
  const { rows } = UUID_FORM.test(id)
    ? await client.query<OpenAttempt>(
        `select a.device_id, a.key_id, a.outcome, a.wanted, a.operator, k.global_uuid, k.mac_key
         from attempts a join device_keys k on k.id = a.key_id where a.id = $1 for update of a`,
        [id],
      )
    : { rows: [] };
  const [attempt] = rows;
  if (attempt === undefined) throw new EspmintError('RESERVATION_UNKNOWN', { id });
  return attempt;
}

/**
 * The chip holds this key and so none of the others that there were when it was proven, whatever state they had.
 *
 * @returns the key that was the current one and is replaced
 */
async function makeCurrent(
  client: pg.ClientBase,
  deviceId: number,
  keyId: string,
  provenAt: string | undefined,
): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>(
    `with before as (select id from device_keys where device_id = $1 and id <> $2 and state = 'current'),
     replaced as (
       update device_keys set state = 'superseded', superseded_at = now()
       where device_id = $1 and id <> $2 and state <> 'superseded'
         and (state = 'current' or created_at <= coalesce($3::timestamptz, now())) returning id)
     select id from replaced join before using (id)`,
    [deviceId, keyId, provenAt],
  );
  await client.query(
    `update device_keys set state = 'current', proven_at = coalesce($2::timestamptz, now()), superseded_at = null
     where id = $1`,
    [keyId, provenAt],
  );
  return rows[0]?.id;
}

/** In the name of whoever worked at the station. */
async function recordRotation(
  client: pg.ClientBase,
  id: string,
  { global_uuid: uuid, mac_key: macKey, operator, key_id: key }: OpenAttempt,
  replaced: string,
): Promise<void> {
  const actor = operator ?? undefined;
  const detail = { attempt: id, key: Number(key), replaced: Number(replaced) };
  await recordEvent(client, { kind: 'key rotated', actor, uuid, macKey, detail });
}

async function describeDevice(
  client: pg.ClientBase,
  deviceId: number,
  { key_id, wanted }: OpenAttempt,
  provenAt: string | undefined,
): Promise<void> {
  await client.query(
    `update devices set psk_secret = (select psk_secret from device_keys where id = $2), status = 'provisioned',
       provisioned_at = coalesce($8::timestamptz, now()) at time zone 'UTC', ca_service_url = $3, wifi_ssid = $4,
       firmware_version = $5, hardware_revision = $6, location = $7
     where id = $1`,
    [
      deviceId,
      key_id,
      wanted['ca_service_url'],
      wanted['wifi_ssid'],
      wanted['firmware_version'],
      wanted['hardware_revision'],
      wanted['location'],
      provenAt,
    ],
  );
}

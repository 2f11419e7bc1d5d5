// Settling: the ends of reservations, with the proof that the chip holds the key or without. All in here runs inside a
// transaction, for reservations of different devices.
import type pg from 'pg';
import type { FlashImage } from '../../core/flash-image.js';
import { EspmintError } from '../../core/errors/index.js';
import type { DeviceRecord, Failure, Proof } from '../registry.js';
import { findContradiction } from '../conflicts/detect.js';
import { recordConflict } from '../conflicts/store.js';
import { processUser } from '../process-user.js';
import { endAttempts } from './attempts.js';
import { Stop } from './match.js';
import { type OpenAttempt, type Proven, settleProofs } from './proofs.js';
import { DEVICE_COLUMNS, type DeviceRow, macOf, toDeviceRecord } from './rows.js';
import { needDistinct } from '../store/shared-transaction.js';

/** What is new of one reservation. */
export interface AttemptUpdate<T> {
  readonly id: string;
  readonly update: T;
}

const UUID_FORM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Answers in the order of the proofs; see Registry.confirm. The newest proof decides which key is current, also when it
 * is heard of before an older one: a station that was cut off tells late. A key that was superseded by another station's
 * proof in between becomes current again, for now the chip holds it.
 */
export async function confirm(
  client: pg.ClientBase,
  updates: readonly AttemptUpdate<Proof>[],
): Promise<(DeviceRecord | Stop)[]> {
  const attempts = await lockAttempts(client, updates);
  needDistinct(attempts.map(({ device_id: deviceId }) => deviceId));
  const devices = await lockDevices(client, attempts);
  const stops = new Map<string, Stop>();
  const proven: Proven[] = [];
  for (const [index, attempt] of attempts.entries()) {
    const proof = updates[index]?.update;
    if (proof === undefined || attempt.outcome === 'passed') continue;
    const stop = await matchAgain(client, attempt, devices.get(attempt.device_id));
    if (stop === undefined) proven.push({ attempt, proof });
    else stops.set(attempt.id, stop);
  }
  if (proven.length > 0) await settleProofs(client, proven);
  const records = proven.length > 0 ? await readDevices(client, attempts) : devices;
  return attempts.map(({ id, device_id: deviceId }) => {
    const stop = stops.get(id);
    if (stop !== undefined) return stop;
    const row = records.get(deviceId);
    if (row === undefined) throw new EspmintError('RESERVATION_UNKNOWN', { id });
    return toDeviceRecord(row);
  });
}

async function lockDevices(
  client: pg.ClientBase,
  attempts: readonly OpenAttempt[],
): Promise<ReadonlyMap<number, DeviceRow>> {
  return readDevices(client, attempts, 'order by id for update');
}

async function readDevices(
  client: pg.ClientBase,
  attempts: readonly OpenAttempt[],
  how = '',
): Promise<ReadonlyMap<number, DeviceRow>> {
  const { rows } = await client.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from devices where id = any($1) ${how}`,
    [attempts.map(({ device_id: deviceId }) => deviceId)],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * Somebody may have decided since that the device is another board (Registry.resolve): the key of this one stays in the
 * history then, and the board is stopped.
 */
async function matchAgain(
  client: pg.ClientBase,
  attempt: OpenAttempt,
  device: DeviceRow | undefined,
): Promise<Stop | undefined> {
  const board = {
    mac: macOf(attempt.mac_key),
    uuid: attempt.global_uuid.toLowerCase(),
    hardwareId: attempt.wanted['hardware_id'] ?? undefined,
  };
  const contradiction = findContradiction(board, device === undefined ? [] : [toDeviceRecord(device)]);
  if (contradiction === undefined) return undefined;
  const seenBy = attempt.operator ?? processUser();
  const refusal = { board, facts: {}, seenBy, keyId: attempt.key_id };
  return new Stop(await recordConflict(client, contradiction, refusal));
}

/** See Registry.built. */
export async function noteImages(
  client: pg.ClientBase,
  updates: readonly AttemptUpdate<FlashImage>[],
): Promise<void[]> {
  needDistinct(updates.map(({ id }) => id));
  const { rows } = await client.query<{ id: string }>(
    `update attempts a set image_sha256 = image.sha256, image_offset = image."offsetBytes",
       image_size = image."sizeBytes", image_md5 = image.md5
     from json_to_recordset($1::json) as image (
       id uuid, sha256 text, md5 text, "offsetBytes" bigint, "sizeBytes" bigint)
     where a.id = image.id returning a.id`,
    [JSON.stringify(updates.filter(isPossible).map(({ id, update }) => ({ ...update, id })))],
  );
  const known = new Set(rows.map(({ id }) => id));
  for (const { id } of updates) if (!known.has(id)) throw new EspmintError('RESERVATION_UNKNOWN', { id });
  return updates.map(() => undefined);
}

/** See Registry.fail. An attempt that passed stays passed. */
export async function fail(
  client: pg.ClientBase,
  updates: readonly AttemptUpdate<Failure>[],
): Promise<void[]> {
  needDistinct(updates.map(({ id }) => id));
  const attempts = await lockAttempts(client, updates);
  const open = updates.filter((_, index) => attempts[index]?.outcome !== 'passed');
  await endAttempts(
    client,
    open.map(({ id, update }) => ({ ...update, id, outcome: 'failed' })),
  );
  return updates.map(() => undefined);
}

const isPossible = ({ id }: { readonly id: string }): boolean => UUID_FORM.test(id);

/** In the order of the updates. @throws RESERVATION_UNKNOWN */
async function lockAttempts(
  client: pg.ClientBase,
  updates: readonly { readonly id: string }[],
): Promise<OpenAttempt[]> {
  const { rows } = await client.query<OpenAttempt>(
    `select a.id, a.device_id, a.key_id, a.outcome, a.wanted, a.operator, k.global_uuid, k.mac_key
     from attempts a join device_keys k on k.id = a.key_id where a.id = any($1::uuid[]) order by a.id for update of a`,
    [updates.filter(isPossible).map(({ id }) => id)],
  );
  const attempts = new Map(rows.map((row) => [row.id, row]));
  return updates.map(({ id }) => {
    const attempt = attempts.get(id);
    if (attempt === undefined) throw new EspmintError('RESERVATION_UNKNOWN', { id });
    return attempt;
  });
}

// Settling: the ends of reservations, with the proof that the chip holds the key or without. One statement for all that
// end at once.
import type pg from 'pg';
import type { FlashImage } from '../../core/flash-image.js';
import { EspmintError } from '../../core/errors/index.js';
import type { DeviceRecord, Failure, Proof } from '../registry.js';
import { findContradiction } from '../conflicts/detect.js';
import { recordConflict } from '../conflicts/store.js';
import { processHost, processUser } from '../process-user.js';
import { toEndsJson } from './attempts.js';
import { Stop } from './match.js';
import { DEVICE_COLUMNS, type DeviceRow, macOf, toDeviceRecord } from './rows.js';
import { needDistinct } from '../store/shared-transaction.js';

/** What is new of one reservation. */
export interface AttemptUpdate<T> {
  readonly id: string;
  readonly update: T;
}

const UUID_FORM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A device that has other names by now than the board whose key was proven: nothing was written down. */
export const OTHER_BOARD = 'other board';

/**
 * Answers in the order of the proofs; see Registry.confirm. The newest proof decides which key is current, also when it
 * is heard of before an older one: a station that was cut off tells late. A key that was superseded by another station's
 * proof in between becomes current again, for now the chip holds it.
 *
 * @param areJudged devices with other names are not left out: they contradict nothing
 * @throws RESERVATION_UNKNOWN
 */
export async function confirm(
  client: pg.ClientBase,
  updates: readonly AttemptUpdate<Proof>[],
  areJudged = false,
): Promise<(DeviceRecord | typeof OTHER_BOARD)[]> {
  needDistinct(updates.map(({ id }) => id));
  const proofs = updates
    .filter(isPossible)
    .map(({ id, update }) => ({ ...update, id, outcome: 'passed' as const }));
  const { rows } = await client.query<
    DeviceRow & { readonly attempt_id: string; readonly is_other: boolean }
  >(
    `select c.attempt_id, c.is_other, d.*
     from confirm_attempts($1, $2, $3, $4) c, lateral (select ${DEVICE_COLUMNS} from (select (c.held).*) as h) d`,
    [toEndsJson(proofs), processUser(), processHost(), areJudged],
  );
  const answers = new Map(
    rows.map((row) => [row.attempt_id, row.is_other ? OTHER_BOARD : toDeviceRecord(row)] as const),
  );
  return updates.map(({ id }) => answers.get(id) ?? unknown(id));
}

/**
 * The same for one whose device has other names by now. Runs inside a transaction.
 *
 * @returns the conflict that the board is stopped with; its key stays in the history
 * @throws RESERVATION_UNKNOWN: others have taken all names of the device over, and the board is new
 */
export async function confirmOther(
  client: pg.ClientBase,
  update: AttemptUpdate<Proof>,
): Promise<DeviceRecord | Stop> {
  const { rows } = await client.query<OtherRow>(
    `select a.key_id, a.wanted, a.operator, k.global_uuid as key_uuid, k.mac_key as key_mac, d.*
     from attempts a join device_keys k on k.id = a.key_id
       join lateral (select ${DEVICE_COLUMNS} from devices where devices.id = a.device_id for update) d on true
     where a.id = $1 for update of a`,
    [update.id],
  );
  const [row] = rows;
  if (row === undefined) return unknown(update.id);
  const board = {
    mac: macOf(row.key_mac),
    uuid: row.key_uuid.toLowerCase(),
    hardwareId: row.wanted['hardware_id'] ?? undefined,
  };
  const device = toDeviceRecord(row);
  const contradiction = findContradiction(board, [device]);
  if (contradiction !== undefined) {
    const seenBy = row.operator ?? processUser();
    return new Stop(
      await recordConflict(client, contradiction, { board, facts: {}, seenBy, keyId: row.key_id }),
    );
  }
  if (device.mac !== board.mac) return unknown(update.id);
  const [answer] = await confirm(client, [update], true);
  return answer === undefined || answer === OTHER_BOARD ? unknown(update.id) : answer;
}

interface OtherRow extends DeviceRow {
  readonly key_id: string;
  readonly wanted: Readonly<Record<string, string | null>>;
  readonly operator: string | null;
  readonly key_uuid: string;
  readonly key_mac: string;
}

/** See Registry.built. @throws RESERVATION_UNKNOWN */
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
  return needAll(updates, rows);
}

/** See Registry.fail. An attempt that passed stays passed. @throws RESERVATION_UNKNOWN */
export async function fail(
  client: pg.ClientBase,
  updates: readonly AttemptUpdate<Failure>[],
): Promise<void[]> {
  needDistinct(updates.map(({ id }) => id));
  const ends = updates
    .filter(isPossible)
    .map(({ id, update }) => ({ ...update, id, outcome: 'failed' as const }));
  const { rows } = await client.query<{ id: string }>('select id from end_attempts($1) as id', [
    toEndsJson(ends),
  ]);
  return needAll(updates, rows);
}

const isPossible = ({ id }: { readonly id: string }): boolean => UUID_FORM.test(id);

function needAll(
  updates: readonly { readonly id: string }[],
  rows: readonly { readonly id: string }[],
): void[] {
  const known = new Set(rows.map(({ id }) => id));
  return updates.map(({ id }) => (known.has(id) ? undefined : unknown(id)));
}

function unknown(id: string): never {
  throw new EspmintError('RESERVATION_UNKNOWN', { id });
}

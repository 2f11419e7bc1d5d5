// Settling: the end of a reservation, with the proof that the chip holds its key or without.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import type { DeviceRecord, Failure, Image, Proof } from '../registry.js';
import { DEVICE_COLUMNS, type DeviceRow, toDeviceRecord } from './rows.js';

interface OpenAttempt {
  readonly device_id: number;
  readonly key_id: string;
  readonly outcome: string;
  readonly wanted: Record<string, string | null>;
}

const UUID_FORM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Runs inside a transaction; see Registry.confirm. The newest proof decides which key is current: also one that was
 * superseded by another station's proof in between becomes current again, for now the chip holds it.
 */
export async function confirm(client: pg.ClientBase, id: string, proof: Proof): Promise<DeviceRecord> {
  const attempt = await lockAttempt(client, id);
  const deviceId = attempt.device_id;
  await client.query('select from devices where id = $1 for update', [deviceId]);
  if (attempt.outcome !== 'passed') {
    await makeCurrent(client, deviceId, attempt.key_id);
    await describeDevice(client, deviceId, attempt);
    await client.query(
      `update attempts set outcome = 'passed', image_sha256 = $2, code = null, stage = null, ended_at = now()
       where id = $1`,
      [id, proof.imageSha256],
    );
  }
  const { rows } = await client.query<DeviceRow>(`select ${DEVICE_COLUMNS} from devices where id = $1`, [
    deviceId,
  ]);
  const [row] = rows;
  if (row === undefined) throw new EspmintError('RESERVATION_UNKNOWN', { id });
  return toDeviceRecord(row);
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
  await lockAttempt(client, id);
  await client.query(
    `update attempts set outcome = 'failed', code = $2, stage = $3, ended_at = now()
     where id = $1 and outcome <> 'passed'`,
    [id, failure.code, failure.stage ?? null],
  );
}

async function lockAttempt(client: pg.ClientBase, id: string): Promise<OpenAttempt> {
  const { rows } = UUID_FORM.test(id)
    ? await client.query<OpenAttempt>(
        'select device_id, key_id, outcome, wanted from attempts where id = $1 for update',
        [id],
      )
    : { rows: [] };
  const [attempt] = rows;
  if (attempt === undefined) throw new EspmintError('RESERVATION_UNKNOWN', { id });
  return attempt;
}

/** The chip holds this key and so none of the others, whatever state they had. */
async function makeCurrent(client: pg.ClientBase, deviceId: number, keyId: string): Promise<void> {
  await client.query(
    `update device_keys set state = 'superseded', superseded_at = now()
     where device_id = $1 and id <> $2 and state <> 'superseded'`,
    [deviceId, keyId],
  );
  await client.query(
    `update device_keys set state = 'current', proven_at = now(), superseded_at = null where id = $1`,
    [keyId],
  );
}

async function describeDevice(client: pg.ClientBase, deviceId: number, attempt: OpenAttempt): Promise<void> {
  const { wanted } = attempt;
  await client.query(
    `update devices set psk_secret = (select psk_secret from device_keys where id = $2), status = 'provisioned',
       provisioned_at = now() at time zone 'UTC', ca_service_url = $3, wifi_ssid = $4, firmware_version = $5,
       hardware_revision = $6, location = $7
     where id = $1`,
    [
      deviceId,
      attempt.key_id,
      wanted['ca_service_url'],
      wanted['wifi_ssid'],
      wanted['firmware_version'],
      wanted['hardware_revision'],
      wanted['location'],
    ],
  );
}

// What a proof changes: its key becomes the device's current one, and the device becomes what its reservation wanted. All
// in here runs inside a transaction, with the devices locked, each of them once.
import type pg from 'pg';
import { enqueueProofs } from '../push/outbox.js';
import type { AttemptRecord, Proof } from '../registry.js';
import { endAttempts } from './attempts.js';
import { recordEvents } from './events.js';

/** An attempt as it was reserved. */
export interface OpenAttempt {
  readonly id: string;
  readonly device_id: number;
  readonly key_id: string;
  readonly outcome: AttemptRecord['outcome'];
  readonly wanted: Readonly<Record<string, string | null>>;
  readonly operator: string | null;
  /** Of its key. */
  readonly global_uuid: string;
  readonly mac_key: string;
}

/** An attempt whose key was proven, and when: ISO 8601; undefined: now. */
export interface Proven {
  readonly attempt: OpenAttempt;
  readonly proof: Proof;
}

/** Writes all of them down. */
export async function settleProofs(client: pg.ClientBase, proven: readonly Proven[]): Promise<void> {
  const newest: Proven[] = [];
  for (const one of proven) {
    if (await isOvertaken(client, one)) await supersede(client, one);
    else newest.push(one);
  }
  await enqueueProofs(
    client,
    newest.map(({ attempt }) => ({ deviceId: attempt.device_id, keyId: attempt.key_id })),
  );
  const replaced = await makeCurrent(client, newest);
  await describeDevices(client, newest);
  await recordRotations(client, newest, replaced);
  await endAttempts(
    client,
    proven.map(({ attempt: { id }, proof }) => ({ ...proof, id, outcome: 'passed' })),
  );
}

/** Whether another key of the device was proven on the chip after this one. */
async function isOvertaken(client: pg.ClientBase, { attempt, proof }: Proven): Promise<boolean> {
  if (proof.endedAt === undefined) return false;
  const { rowCount } = await client.query(
    `select from device_keys where device_id = $1 and id <> $2 and state = 'current' and proven_at > $3`,
    [attempt.device_id, attempt.key_id, proof.endedAt],
  );
  return rowCount !== 0;
}

/** The chip held this key, and holds a later one by now. */
async function supersede(client: pg.ClientBase, { attempt, proof }: Proven): Promise<void> {
  await client.query(
    `update device_keys set state = 'superseded', proven_at = least($2, now()), superseded_at = now()
     where id = $1 and state = 'pending'`,
    [attempt.key_id, proof.endedAt],
  );
}

/** A row of JSON for each proof, as PROVEN reads it. */
function toProvenJson(proven: readonly Proven[]): string {
  const rows = proven.map(({ attempt: { device_id: device, key_id: key, wanted }, proof }) => {
    return { ...wanted, device, key, proven_at: proof.endedAt };
  });
  return JSON.stringify(rows);
}

/**
 * SQL text: the proofs, of different devices. The time of one that is synced late is that of its station, whose clock may
 * be ahead: nothing was proven later than now. Without a time it is now.
 */
const PROVEN = `json_to_recordset($1::json) as proven (
  device integer, key bigint, proven_at timestamptz, ca_service_url text, wifi_ssid text, firmware_version text,
  hardware_revision text, location text)`;

/**
 * The chip holds this key and so none of the others that there were when it was proven, whatever state they had.
 *
 * @returns keys that were the current ones and are replaced, by their device
 */
async function makeCurrent(
  client: pg.ClientBase,
  proven: readonly Proven[],
): Promise<ReadonlyMap<number, string>> {
  const json = toProvenJson(proven);
  const { rows } = await client.query<{ device_id: number; id: string }>(
    `with before as (
       select k.id from device_keys k join ${PROVEN} on k.device_id = proven.device
       where k.id <> proven.key and k.state = 'current'),
     replaced as (
       update device_keys k set state = 'superseded', superseded_at = now() from ${PROVEN}
       where k.device_id = proven.device and k.id <> proven.key and k.state <> 'superseded'
         and (k.state = 'current' or k.created_at <= least(proven.proven_at, now())) returning k.id, k.device_id)
     select device_id, id from replaced join before using (id)`,
    [json],
  );
  await client.query(
    `update device_keys k set state = 'current', proven_at = least(proven.proven_at, now()), superseded_at = null
     from ${PROVEN} where k.id = proven.key`,
    [json],
  );
  return new Map(rows.map(({ device_id: device, id }) => [device, id]));
}

/** In the names of whoever worked at the stations. */
async function recordRotations(
  client: pg.ClientBase,
  proven: readonly Proven[],
  replaced: ReadonlyMap<number, string>,
): Promise<void> {
  const events = proven.flatMap(({ attempt: { id, device_id: device, operator, ...key } }) => {
    const before = replaced.get(device);
    if (before === undefined) return [];
    const detail = { attempt: id, key: Number(key.key_id), replaced: Number(before) };
    return {
      kind: 'key rotated' as const,
      actor: operator ?? undefined,
      uuid: key.global_uuid,
      macKey: key.mac_key,
      detail,
    };
  });
  if (events.length > 0) await recordEvents(client, events);
}

async function describeDevices(client: pg.ClientBase, proven: readonly Proven[]): Promise<void> {
  await client.query(
    `update devices d set psk_secret = k.psk_secret, status = 'provisioned',
       provisioned_at = least(proven.proven_at, now()) at time zone 'UTC', ca_service_url = proven.ca_service_url,
       wifi_ssid = proven.wifi_ssid, firmware_version = proven.firmware_version,
       hardware_revision = proven.hardware_revision, location = proven.location
     from ${PROVEN} join device_keys k on k.id = proven.key where d.id = proven.device`,
    [toProvenJson(proven)],
  );
}

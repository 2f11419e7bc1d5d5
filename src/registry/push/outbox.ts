// The outbox in SQL: events go in with the transaction that they belong to, deliveries come out one claim at a time.
import type pg from 'pg';
import type { PushEvent, PushKind } from '../../core/push.js';
import { recordEvent } from '../devices/events.js';
import { DEVICE_COLUMNS, type DeviceRow } from '../devices/rows.js';
import { openValuesOf } from '../values/open-columns.js';
import type { PushCounts } from './push.js';
import type { DeliveryFailure } from './sink.js';

/** A row of push_targets. */
export interface TargetRow {
  readonly id: string;
  readonly name: string;
  readonly kind: PushKind;
  readonly settings: string;
  readonly events: readonly PushEvent[];
  readonly paused: boolean;
  readonly failures: number;
  readonly retry_at: Date | null;
  readonly created_at: Date;
  readonly created_by: string;
}

/** A delivery that this process holds until its lease ends. */
export interface Claimed {
  readonly id: string;
  readonly message_id: string;
  readonly event: PushEvent;
  readonly mac_key: string;
  readonly global_uuid: string;
  readonly occurred_at: Date;
  /** With this one. */
  readonly tries: number;
  /** How long ago the first try began. */
  readonly age_ms: number;
  /** Absent when another program has deleted the row. */
  readonly device: DeviceRow | undefined;
  /** Of its row in the list of the target. */
  readonly values: Readonly<Record<string, string>> | undefined;
}

/**
 * A device was taken out of use. Runs inside the transaction that does so. A target that is being removed is waited for
 * and then left out, instead of failing the device's transaction. The other events: confirm_attempts in the migrations.
 */
export async function enqueueRemoval(client: pg.ClientBase, deviceId: number): Promise<void> {
  await client.query(
    `insert into push_deliveries (target_id, device_id, global_uuid, mac_key, event)
     select t.id, d.id, lower(d.global_uuid), d.mac_key, 'removed' from devices d, push_targets t
     where d.id = $1 and 'removed' = any(t.events) order by t.id for key share of t`,
    [deviceId],
  );
}

const IS_DUE = `d.state = 'pending' and d.due_at <= now() and (d.lease_until is null or d.lease_until <= now())`;
const IS_OPEN = `not t.paused and (t.retry_at is null or t.retry_at <= now())`;

/** Targets that something waits for and that may be tried now. */
export async function dueTargets(client: pg.ClientBase): Promise<TargetRow[]> {
  const { rows } = await client.query<TargetRow>(
    `select t.* from push_targets t
     where ${IS_OPEN} and exists (select from push_deliveries d where d.target_id = t.id and ${IS_DUE})
     order by t.id`,
  );
  return rows;
}

/**
 * Takes the next delivery of a target for itself; one of a device waits until those before it are done. Runs inside a
 * transaction. A claim whose lease has run out is taken over.
 */
export async function claimNext(
  client: pg.ClientBase,
  { id, name }: TargetRow,
  by: {
    readonly holder: string;
    readonly leaseMs: number;
    readonly sendsKeys: boolean;
    readonly list: string | undefined;
  },
): Promise<Claimed | undefined> {
  const { rows } = await client.query<Omit<Claimed, 'device' | 'values'> & { device_id: number | null }>(
    `with next as (
       select d.id from push_deliveries d join push_targets t on t.id = d.target_id
       where d.target_id = $1 and ${IS_OPEN} and ${IS_DUE}
         and not exists (select from push_deliveries e where e.target_id = d.target_id and e.mac_key = d.mac_key
                           and e.state = 'pending' and e.id < d.id)
       order by d.due_at, d.id limit 1 for update of d skip locked)
     update push_deliveries d
     set lease_holder = $2, lease_until = now() + $3 * interval '1 millisecond', tries = tries + 1,
         first_try_at = coalesce(first_try_at, now())
     from next where d.id = next.id
     returning d.id, message_id, event, d.mac_key, d.global_uuid, occurred_at, tries, device_id,
       extract(epoch from now() - first_try_at)::float8 * 1000 as age_ms`,
    [id, by.holder, by.leaseMs],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { device_id: deviceId, ...claimed } = row;
  // Who was sent a key is written down before it is sent.
  if (by.sendsKeys && row.tries === 1) {
    const detail = { target: name, message: row.message_id };
    await recordEvent(client, { kind: 'key pushed', uuid: row.global_uuid, macKey: row.mac_key, detail });
  }
  const { rows: devices } = await client.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from devices where id = $1`,
    [deviceId],
  );
  const values = by.list === undefined ? undefined : await openValuesOf(client, by.list, [row.mac_key]);
  return { ...claimed, device: devices[0], values: values?.get(row.mac_key) };
}

/** Of a claim that is still held; one that another process took over is that one's. */
const HELD = `id = $1 and lease_holder = $2 and state = 'pending'`;
const LET_GO = 'lease_holder = null, lease_until = null';

/**
 * The target has it. When it was out of order before, all that waited for it is due now. Runs inside a transaction.
 * @returns whether it was
 */
export async function settleDelivered(
  client: pg.ClientBase,
  targetId: string,
  held: readonly [id: string, holder: string],
): Promise<boolean> {
  await client.query(
    `update push_deliveries
     set state = 'delivered', ended_at = now(), error_code = null, error = null, ${LET_GO} where ${HELD}`,
    [...held],
  );
  const { rowCount } = await client.query(
    'update push_targets set failures = 0, retry_at = null where id = $1 and failures > 0',
    [targetId],
  );
  if (rowCount === 0) return false;
  await dueNow(client, targetId);
  return true;
}

/** What waits for a target is not to wait any longer; what is being settled at this moment needs no waking. */
export async function dueNow(client: pg.ClientBase, targetId: string): Promise<void> {
  await client.query(
    `update push_deliveries set due_at = now() where id in (
       select id from push_deliveries where target_id = $1 and state = 'pending' and due_at > now()
       for update skip locked)`,
    [targetId],
  );
}

/** The try failed. @param pauseMs until the next one; absent: it was the last. Runs inside a transaction. */
export async function settleFailed(
  client: pg.ClientBase,
  held: readonly [id: string, holder: string],
  { error }: DeliveryFailure,
  pauseMs: number | undefined,
): Promise<void> {
  await client.query(
    `update push_deliveries
     set state = case when $3::float8 is null then 'dead' else 'pending' end,
         ended_at = case when $3::float8 is null then now() end,
         due_at = now() + coalesce($3, 0) * interval '1 millisecond', error_code = $4, error = $5, ${LET_GO}
     where ${HELD}`,
    [...held, pauseMs ?? null, error.code, error.message],
  );
}

/** The target itself is out of order: nothing is sent to it before then. @returns its failures in a row */
export async function restTarget(
  client: pg.ClientBase,
  targetId: string,
  pauseMs: (failures: number) => number,
): Promise<number> {
  const { rows } = await client.query<{ failures: number }>(
    'update push_targets set failures = failures + 1 where id = $1 returning failures',
    [targetId],
  );
  const failures = rows[0]?.failures ?? 1;
  await client.query(
    `update push_targets set retry_at = now() + $2::float8 * interval '1 millisecond' where id = $1`,
    [targetId, pauseMs(failures)],
  );
  return failures;
}

/** Gives a delivery back that was cut off: it was no fault of the target, and anybody may take it now. */
export async function letGo(
  client: pg.ClientBase,
  held: readonly [id: string, holder: string],
): Promise<void> {
  await client.query(`update push_deliveries set ${LET_GO} where ${HELD}`, [...held]);
}

/** Forgets what was delivered long ago. */
export async function prune(client: pg.ClientBase, keepMs: number): Promise<void> {
  await client.query(
    `delete from push_deliveries where id in (
       select old.id from push_targets t, lateral (
         select id from push_deliveries
         where target_id = t.id and state = 'delivered' and ended_at < now() - $1 * interval '1 millisecond'
         order by ended_at limit 10000) as old)`,
    [keepMs],
  );
}

export async function countPushes(client: pg.ClientBase): Promise<PushCounts> {
  const { rows } = await client.query<{ pending: string; dead: string }>(
    `select (select count(*) from push_deliveries where state = 'pending') as pending,
            (select count(*) from push_deliveries where state = 'dead') as dead`,
  );
  return { pending: Number(rows[0]?.pending), dead: Number(rows[0]?.dead) };
}

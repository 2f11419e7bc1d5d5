// Brings the compared lines of an import into `devices`, in one statement for all new ones and one for all changed ones.
import type pg from 'pg';
import { processHost, processUser } from '../../process-user.js';
import { COLUMNS } from './staging.js';

/** Devices by what became of them, or would become in a dry run. */
export interface ImportReport {
  readonly added: number;
  readonly changed: number;
  /** Were there already, just as the file has them. */
  readonly unchanged: number;
}

/**
 * The greatest id of all devices that are there or being written. Runs in a transaction of its own: the lock waits for
 * those who are writing now, and who comes later gets a greater id.
 */
export async function lastDeviceId(client: pg.ClientBase): Promise<number> {
  await client.query('lock table devices in share row exclusive mode');
  const { rows } = await client.query<{ id: number }>('select coalesce(max(id), 0) as id from devices');
  return rows[0]?.id ?? 0;
}

export async function countChanges(client: pg.ClientBase): Promise<ImportReport> {
  const { rows } = await client.query<Record<keyof ImportReport, string>>(
    `select count(*) filter (where device_id is null) as added,
            count(*) filter (where device_id is not null and changed <> '{}') as changed,
            count(*) filter (where device_id is not null and changed = '{}') as unchanged
     from import_lines`,
  );
  const [{ added, changed, unchanged } = { added: 0, changed: 0, unchanged: 0 }] = rows;
  return { added: Number(added), changed: Number(changed), unchanged: Number(unchanged) };
}

/** @returns how many were added: fewer than new lines when others have added some of them in between */
export async function merge(client: pg.ClientBase): Promise<number> {
  await updateChanged(client);
  const columns = Object.values(COLUMNS).filter((column) => column !== 'status');
  // Entries of the text index come in sorted, and so by the page, when many of them wait.
  await client.query(`set local gin_pending_list_limit = '64MB'; set local work_mem = '64MB'`);
  // Each key with its device: the trigger on devices, which runs after both, finds nothing left to do. An export has
  // the newest first: taken from its end on, devices keep their order.
  const { rows } = await client.query<{ count: string }>(
    `with added as (
       insert into devices (global_uuid, mac_address, psk_secret, status, ${columns.join(', ')})
       select global_uuid, mac_address, psk_secret, coalesce(status, 'provisioned'), ${columns.join(', ')}
       from import_lines where device_id is null order by line desc
       on conflict (global_uuid) do nothing
       returning id, global_uuid, mac_key, psk_secret, status),
     keys as (
       insert into device_keys (device_id, global_uuid, mac_key, psk_secret, state, proven_at)
       select id, global_uuid, mac_key, psk_secret, case when status = 'pending' then 'pending' else 'current' end,
              case when status <> 'pending' then now() end from added)
     select count(*) from added`,
  );
  return Number(rows[0]?.count);
}

async function updateChanged(client: pg.ClientBase): Promise<void> {
  const sets = Object.entries({ ...COLUMNS, psk: 'psk_secret' }).map(
    ([field, column]) =>
      `${column} = case when '${field}' = any(l.changed) then l.${column} else d.${column} end`,
  );
  await client.query(
    `update devices d set ${sets.join(', ')} from import_lines l where d.id = l.device_id and l.changed <> '{}'`,
  );
  await client.query(
    `insert into events (kind, actor, origin, global_uuid, mac_key, detail)
     select 'device changed by import', $1, $2, global_uuid, mac_key, jsonb_build_object('fields', changed)
     from import_lines where device_id is not null and changed <> '{}' order by line`,
    [processUser(), processHost()],
  );
}

/** Devices that others have added since `mark` under a MAC of these lines and another UUID. */
export async function countMacsTakenSince(client: pg.ClientBase, mark: number): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `select count(*) from devices d join import_lines l on l.mac_key = d.mac_key
     where d.id > $1 and lower(d.global_uuid) <> l.global_uuid`,
    [mark],
  );
  return Number(rows[0]?.count);
}

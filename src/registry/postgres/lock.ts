// The names of a board, locked: who works on a MAC, a UUID or a chip id is alone with it until the transaction ends.
import type pg from 'pg';
import type { BoardNames } from '../registry.js';
import { DEVICE_COLUMNS, type DeviceRow, macKeyOf } from './rows.js';

/**
 * Locks also names that have no row yet. Every transaction takes them in the same order, so none waits for another in
 * a circle.
 *
 * @returns the devices that have one of the names, locked
 */
export async function lockNames(
  client: pg.ClientBase,
  { mac, uuid, hardwareId }: BoardNames,
): Promise<DeviceRow[]> {
  const names = [macKeyOf(mac), uuid, hardwareId ?? null];
  await client.query(
    `select pg_advisory_xact_lock(hashtextextended($1, 0)), pg_advisory_xact_lock(hashtextextended($2, 0)),
       pg_advisory_xact_lock(hashtextextended($3, 0))`,
    names,
  );
  const { rows } = await client.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from devices where mac_key = $1 or global_uuid = $2 or hardware_id = $3
     order by id for update`,
    names,
  );
  return rows;
}

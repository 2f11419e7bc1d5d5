// The names of boards, locked: who works on a MAC, a UUID or a chip id is alone with it until the transaction ends.
import type pg from 'pg';
import type { BoardNames } from '../registry.js';
import { DEVICE_COLUMNS, type DeviceRow, macKeyOf } from '../devices/rows.js';

/**
 * Locks also names that have no row yet. Every transaction takes them in the same order, so none waits for another in
 * a circle.
 *
 * @returns the devices that have one of the names, locked
 */
export async function lockNames(client: pg.ClientBase, boards: readonly BoardNames[]): Promise<DeviceRow[]> {
  const macKeys = boards.map(({ mac }) => macKeyOf(mac));
  const uuids = boards.map(({ uuid }) => uuid);
  const hardwareIds = boards.flatMap(({ hardwareId }) => hardwareId ?? []);
  // The aggregate takes them in the order of the array.
  await client.query(
    'select count(pg_advisory_xact_lock(hashtextextended(name, 0))) from unnest($1::text[]) as name',
    [sortedNames(boards)],
  );
  const { rows } = await client.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from devices
     where mac_key = any($1) or global_uuid = any($2) or hardware_id = any($3) order by id for update`,
    [macKeys, uuids, hardwareIds],
  );
  return rows;
}

/** What is locked for these boards, in its order. */
export function sortedNames(boards: readonly BoardNames[]): string[] {
  const names = boards.flatMap(({ mac, uuid, hardwareId }) => [macKeyOf(mac), uuid, hardwareId ?? []].flat());
  return [...new Set(names)].sort();
}

/** Those of the devices that have one of the names of this board. */
export function holdersOf({ mac, uuid, hardwareId }: BoardNames, rows: readonly DeviceRow[]): DeviceRow[] {
  const macKey = macKeyOf(mac);
  return rows.filter(
    (row) =>
      row.mac_key === macKey ||
      row.global_uuid === uuid ||
      (hardwareId !== undefined && row.hardware_id === hardwareId),
  );
}

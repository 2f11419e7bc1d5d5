// A device out of use: a tombstone that keeps its names, keys and attempts.
import type pg from 'pg';
import { enqueueRemoval } from '../push/outbox.js';
import type { DeviceRecord } from '../registry.js';
import type { Asker } from '../process-user.js';
import { eventBy, recordEvent } from './events.js';
import { type DeviceRow, ownerOf, REMOVED, toDeviceRecord } from './rows.js';

/**
 * Runs inside a transaction. A second time it changes nothing.
 *
 * @param by who does it, and from where; the user of this process when absent
 */
export async function buryDevice(
  client: pg.ClientBase,
  row: DeviceRow,
  reason: string,
  by: Asker = {},
): Promise<DeviceRecord> {
  const record = toDeviceRecord(row);
  if (record.status === REMOVED) return record;
  await client.query('update devices set status = $2 where id = $1', [row.id, REMOVED]);
  await enqueueRemoval(client, row.id);
  const detail = { reason, before: record.status };
  await recordEvent(client, { kind: 'device removed', ...eventBy(by), ...ownerOf(row), detail });
  return { ...record, status: REMOVED };
}

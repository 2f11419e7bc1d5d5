// Takes a device out of use: a tombstone, with all its keys and attempts.
import type { RegistryOptions } from '../connect.js';
import { recordEvent } from '../postgres/events.js';
import { needRow } from '../postgres/read.js';
import { ownerOf, REMOVED, toDeviceRecord } from '../postgres/rows.js';
import { enqueueRemoval } from '../push/outbox.js';
import type { DeviceName, DeviceRecord } from '../registry.js';
import { checkReason } from '../request.js';
import { withSecrets } from './with-secrets.js';

/**
 * Lists leave it out from now on, and it is provisioned again with the policy `rotate` only. Its keys can still be
 * revealed. A second time it changes nothing.
 *
 * @param reason for the audit trail
 * @throws DEVICE_UNKNOWN, INPUT_INVALID (no reason given), and as openRegistry
 */
export async function removeDevice(
  options: RegistryOptions,
  device: DeviceName,
  reason: string,
): Promise<DeviceRecord> {
  checkReason(reason);
  return withSecrets(options, ({ database }) =>
    database.transaction('remove', async (client) => {
      const row = await needRow(client, device);
      const record = toDeviceRecord(row);
      if (record.status === REMOVED) return record;
      await client.query('update devices set status = $2 where id = $1', [row.id, REMOVED]);
      await enqueueRemoval(client, row.id);
      const detail = { reason, before: record.status };
      await recordEvent(client, { kind: 'device removed', ...ownerOf(row), detail });
      return { ...record, status: REMOVED };
    }),
  );
}

// Takes a device out of use: a tombstone, with all its keys and attempts.
import { needRow } from '../devices/read.js';
import { checkReason } from '../devices/request.js';
import { buryDevice } from '../devices/tombstone.js';
import type { Asker } from '../process-user.js';
import type { DeviceName, DeviceRecord } from '../registry.js';
import type { Database } from '../store/database.js';

/**
 * Lists leave it out from now on, and it is provisioned again with the policy `rotate` only. Its keys can still be
 * revealed. A second time it changes nothing.
 *
 * @param by with the reason for the audit trail
 * @throws DEVICE_UNKNOWN, INPUT_INVALID (no reason given)
 */
export async function bury(
  database: Database,
  device: DeviceName,
  by: Asker & { readonly reason: string },
): Promise<DeviceRecord> {
  checkReason(by.reason);
  return database.transaction('remove', async (client) =>
    buryDevice(client, await needRow(client, device), by.reason, by),
  );
}

// Takes a device out of use: a tombstone, with all its keys and attempts.
import type { RegistryOptions } from '../store/connect.js';
import { needRow } from '../devices/read.js';
import { buryDevice } from '../devices/tombstone.js';
import type { DeviceName, DeviceRecord } from '../registry.js';
import { checkReason } from '../devices/request.js';
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
      return buryDevice(client, await needRow(client, device), reason);
    }),
  );
}

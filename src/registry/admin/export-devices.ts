// All devices of a filter, page by page, with their keys if somebody says why.
import type { DeviceFields } from '../../core/device-table/index.js';
import type { AuditEvent } from '../devices/events.js';
import { recordEvents } from '../devices/events.js';
import { listRows } from '../devices/list.js';
import { openKey } from '../devices/read.js';
import { toDeviceRecord } from '../devices/rows.js';
import { unitsOfDevices } from '../devices/units.js';
import type { DeviceFilter } from '../registry.js';
import { checkReason } from '../devices/request.js';
import type { OpenDatabase } from '../store/open-database.js';
import { openValuesOf } from '../values/open-columns.js';

const PAGE = 1000;

export interface ExportOptions {
  readonly filter?: Omit<DeviceFilter, 'limit' | 'after'> | undefined;
  /** Why the keys are needed; absent: they are left out. */
  readonly revealReason?: string | undefined;
  /** A list of values: what each device has in it is exported too, but for secret columns. */
  readonly values?: string | undefined;
}

/** A database, and what opens its secrets. */
type Secrets = Pick<OpenDatabase, 'database' | 'box'>;

/**
 * Devices, newest first, each with the unit that it is in its batch. With keys, the audit trail of each device says so before its page is opened.
 *
 * @throws INPUT_INVALID (an empty reason), REGISTRY_*, SECRET_UNREADABLE
 */
export async function* exportDevices(
  open: Secrets,
  { filter, revealReason, values }: ExportOptions,
): AsyncGenerator<DeviceFields> {
  if (revealReason !== undefined) checkReason(revealReason);
  let after: string | undefined;
  do {
    const page = await readPage(
      open,
      { ...filter, after, limit: PAGE },
      { reason: revealReason, list: values },
    );
    yield* page.devices;
    after = page.next;
  } while (after !== undefined);
}

async function readPage(
  { database, box }: Secrets,
  filter: DeviceFilter,
  { reason, list }: { readonly reason: string | undefined; readonly list: string | undefined },
): Promise<{ devices: DeviceFields[]; next: string | undefined }> {
  const { rows, next, units, values } = await database.transaction('export', async (client) => {
    const page = await listRows(client, filter);
    if (reason !== undefined) {
      const events = page.rows.map(({ global_uuid: uuid, mac_key: macKey }): AuditEvent => ({
        kind: 'key revealed',
        uuid,
        macKey,
        detail: { reason, by: 'export' },
      }));
      await recordEvents(client, events);
    }
    const macKeys = page.rows.map((row) => row.mac_key);
    const units = await unitsOfDevices(client, macKeys);
    const values = list === undefined ? undefined : await openValuesOf(client, list, macKeys);
    return { ...page, units, values };
  });
  const devices = rows.map((row) => ({
    ...toDeviceRecord(row),
    ...units.get(row.mac_key),
    values: values?.get(row.mac_key),
    psk: reason === undefined ? undefined : openKey(box, row),
  }));
  return { devices, next };
}

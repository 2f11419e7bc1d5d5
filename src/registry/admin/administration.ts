// What an administrator does in the database of a store: admission lists, the audit trail, devices out of use.
import type { Database } from '../store/database.js';
import { buryDevice } from '../devices/tombstone.js';
import { checkReason } from '../devices/request.js';
import { needRow } from '../devices/read.js';
import type { ListEntry } from '../../core/list-entry.js';
import type { Asker } from '../process-user.js';
import type { DeviceName, DeviceRecord } from '../registry.js';
import type { DeviceFields } from '../../core/device-table/index.js';
import type { OpenDatabase } from '../store/open-database.js';
import { type AuditFilter, type AuditPage, auditPage } from './audit.js';
import type { ListName } from '../../core/states.js';
import { addEntries, type ListedEntry, readEntries, removeEntry } from './device-lists.js';
import { exportDevices, type ExportOptions } from './export-devices.js';
import { importDevices, type ImportOptions, type LineSource } from './import/import-devices.js';
import type { ImportReport } from './import/merge.js';
import { openColumns } from '../values/open-columns.js';

/** Who asks, with the reason that goes into the audit trail. */
type AskerWithReason = Asker & { readonly reason: string };

/** Each call needs the database. @throws REGISTRY_* */
export interface Administration {
  /** Both lists, oldest entry first. */
  lists(): Promise<ListedEntry[]>;
  /** Adds all entries, or none. Returns how many are new. */
  addToList(list: ListName, entries: readonly ListEntry[], by: AskerWithReason): Promise<number>;
  /** @throws INPUT_INVALID where it is not there */
  removeFromList(list: ListName, entry: ListEntry, by?: Asker): Promise<void>;
  /** Newest first. @throws DEVICE_UNKNOWN, INPUT_INVALID (a page mark that is none) */
  audit(filter: AuditFilter): Promise<AuditPage>;
  /** Makes it a tombstone; its keys and its history stay. @throws DEVICE_UNKNOWN, INPUT_INVALID (no reason given) */
  removeDevice(device: DeviceName, by: AskerWithReason): Promise<DeviceRecord>;
  /** Newest first; with keys, the audit trail of each device says so first. @throws INPUT_INVALID (an empty reason) */
  exportDevices(options?: ExportOptions): AsyncIterable<DeviceFields>;
  /** All lines or none. @throws DEVICES_FILE_INVALID with the lines that are wrong or contradict the registry */
  importDevices(lines: LineSource, importing: ImportOptions): Promise<ImportReport>;
  /** Names of the columns of a list of values that an export may have. @throws VALUE_LIST_UNKNOWN */
  openColumns(list: string): Promise<readonly string[]>;
  /** Leaves the database. Never throws. */
  close(): Promise<void>;
}

export function administrationOf({ database, box }: Pick<OpenDatabase, 'database' | 'box'>): Administration {
  return {
    lists: () => readEntries(database),
    addToList: (list, entries, by) => addEntries(database, list, entries, by),
    removeFromList: (list, entry, by) => removeEntry(database, list, entry, by),
    audit: (filter) => database.connected('audit', (client) => auditPage(client, filter)),
    removeDevice: (device, by) => bury(database, device, by),
    exportDevices: (options = {}) => exportDevices({ database, box }, options),
    importDevices: (lines, importing) => importDevices({ database, box }, lines, importing),
    openColumns: (list) =>
      database.connected('values', async (client) => (await openColumns(client, list)).open),
    close: () => database.close(),
  };
}

/**
 * Lists leave it out from now on, and it is provisioned again with the policy `rotate` only. Its keys can still be
 * revealed. A second time it changes nothing.
 *
 * @param by with the reason for the audit trail
 * @throws DEVICE_UNKNOWN, INPUT_INVALID (no reason given)
 */
async function bury(
  database: Database,
  device: DeviceName,
  by: Asker & { readonly reason: string },
): Promise<DeviceRecord> {
  checkReason(by.reason);
  return database.transaction('remove', async (client) =>
    buryDevice(client, await needRow(client, device), by.reason, by),
  );
}

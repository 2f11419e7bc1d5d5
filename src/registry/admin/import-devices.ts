// Takes a file of devices into the registry: all of it, or nothing.
import type pg from 'pg';
import { type DeviceLine, fileInvalid, type LineFault } from '../../core/device-table/index.js';
import type { RegistryOptions } from '../connect.js';
import { recordEvent } from '../postgres/events.js';
import { DEVICE_COLUMNS, type DeviceRow, macKeyOf, ownerOf, toDeviceRecord } from '../postgres/rows.js';
import type { SecretBox } from '../secrets/secret-box.js';
import { withSecrets } from './with-secrets.js';

export interface ImportOptions {
  /** How errors and the audit trail name the file. */
  readonly file: string;
  /** Change devices that are there already to what the file says of them. */
  readonly overwrite: boolean;
  /** Check everything against the registry, and change nothing. */
  readonly dryRun: boolean;
}

/** Devices by what became of them, or would become in a dry run. */
export interface ImportReport {
  readonly added: number;
  readonly changed: number;
  /** Were there already, just as the file has them. */
  readonly unchanged: number;
}

const CHUNK = 1000;

/** Fields that a file may change, and the column of each. */
const COLUMNS = {
  status: 'status',
  provisionedAt: 'provisioned_at',
  caUrl: 'ca_service_url',
  wifiSsid: 'wifi_ssid',
  firmwareVersion: 'firmware_version',
  hardwareRevision: 'hardware_revision',
  location: 'location',
} as const;
const FIELDS = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];

/** What is to be done with one line. */
interface Change {
  readonly device: DeviceLine;
  /** Absent for a new device. */
  readonly row?: DeviceRow;
  /** The key to store, where it is another one than before. */
  readonly psk?: string | undefined;
  readonly fields: Partial<Record<keyof typeof COLUMNS, string | null>>;
}

/**
 * Devices are found by their UUID. A key that is replaced stays in the history, superseded.
 *
 * @throws DEVICES_FILE_INVALID with every line that contradicts the registry, and as openRegistry
 */
export async function importDevices(
  options: RegistryOptions,
  lines: readonly DeviceLine[],
  importing: ImportOptions,
): Promise<ImportReport> {
  return withSecrets(options, ({ database, box }) =>
    database.transaction('import', async (client) => {
      // Nobody else may add a device between the look at what is there and the end; readers are not disturbed.
      await client.query('lock table devices in share row exclusive mode');
      const changes: Change[] = [];
      const faults: LineFault[] = [];
      for (let start = 0; start < lines.length; start += CHUNK) {
        const chunk = lines.slice(start, start + CHUNK);
        const rows = await rowsOf(client, chunk);
        for (const device of chunk) {
          const change = plan(device, rows, box, importing);
          if (typeof change === 'string') faults.push({ line: device.line, reason: change });
          else changes.push(change);
        }
      }
      if (faults.length > 0) throw fileInvalid(importing.file, faults);
      // An export has the newest first: taken from its end on, devices keep their order.
      const added = changes.filter(({ row }) => row === undefined).reverse();
      const changed = changes.filter((change) => change.row !== undefined && !isNothing(change));
      const report = {
        added: added.length,
        changed: changed.length,
        unchanged: changes.length - added.length - changed.length,
      };
      if (importing.dryRun) return report;
      for (let start = 0; start < added.length; start += CHUNK) {
        await insert(client, box, added.slice(start, start + CHUNK));
      }
      for (const change of changed) await update(client, box, change);
      await recordEvent(client, { kind: 'devices imported', detail: { file: importing.file, ...report } });
      return report;
    }),
  );
}

/** The devices that a line of the chunk may mean. */
async function rowsOf(client: pg.ClientBase, chunk: readonly DeviceLine[]): Promise<Map<string, DeviceRow>> {
  const { rows } = await client.query<DeviceRow>(
    `select ${DEVICE_COLUMNS} from devices where global_uuid = any($1) or mac_key = any($2)`,
    [chunk.map(({ uuid }) => uuid), chunk.map(({ mac }) => macKeyOf(mac))],
  );
  return new Map(rows.flatMap((row) => [[row.global_uuid.toLowerCase(), row] as const, [row.mac_key, row]]));
}

/** What the line asks for, or why it cannot be. */
function plan(
  device: DeviceLine,
  rows: ReadonlyMap<string, DeviceRow>,
  box: SecretBox,
  { overwrite }: ImportOptions,
): Change | string {
  const { mac, uuid } = device;
  const row = rows.get(uuid);
  const ofMac = rows.get(macKeyOf(mac));
  if (ofMac !== undefined && ofMac.global_uuid.toLowerCase() !== uuid) {
    return `the registry has the MAC ${mac} under the UUID ${ofMac.global_uuid}`;
  }
  if (row === undefined) {
    if (device.psk === undefined) return 'the device is new and there is no psk for it';
    return { device, psk: device.psk, fields: {} };
  }
  const known = toDeviceRecord(row);
  if (known.mac !== mac) return `the registry has the UUID ${uuid} with the MAC ${known.mac}`;
  const changed = FIELDS.filter((field) => device[field] !== undefined && device[field] !== known[field]);
  const fields = Object.fromEntries(changed.map((field) => [field, device[field] ?? null]));
  const isSameKey = device.psk === undefined || box.open(row.psk_secret, ownerOf(row)) === device.psk;
  const change: Change = { device, row, psk: isSameKey ? undefined : device.psk, fields };
  if (isNothing(change) || overwrite) return change;
  const differs = [...changed, ...(isSameKey ? [] : ['psk'])].join(', ');
  return `the device is there already with another ${differs} (--overwrite changes it)`;
}

function isNothing({ psk, fields }: Change): boolean {
  return psk === undefined && Object.keys(fields).length === 0;
}

/** The trigger on devices puts the keys into device_keys. */
async function insert(client: pg.ClientBase, box: SecretBox, changes: readonly Change[]): Promise<void> {
  const records = changes.map(({ device, psk = '' }) => {
    const { mac, uuid, status = 'provisioned' } = device;
    return { ...device, status, psk: box.seal(psk, { uuid, macKey: macKeyOf(mac) }) };
  });
  await client.query(
    `insert into devices (global_uuid, mac_address, psk_secret, ca_service_url, wifi_ssid, provisioned_at,
                          firmware_version, hardware_revision, location, status)
     select uuid, mac, psk, "caUrl", "wifiSsid", "provisionedAt" at time zone 'UTC',
            "firmwareVersion", "hardwareRevision", location, status
     from json_to_recordset($1::json) as d (uuid text, mac text, psk text, "caUrl" text, "wifiSsid" text,
       "provisionedAt" timestamptz, "firmwareVersion" text, "hardwareRevision" text, location text, status text)`,
    [JSON.stringify(records)],
  );
}

async function update(client: pg.ClientBase, box: SecretBox, change: Change): Promise<void> {
  const { row, psk, fields } = change;
  if (row === undefined) return;
  const owner = ownerOf(row);
  const values: unknown[] = [row.id];
  const sets = (Object.keys(fields) as (keyof typeof COLUMNS)[]).map((field) => {
    const parameter = `$${values.push(fields[field])}`;
    const value = field === 'provisionedAt' ? `${parameter}::timestamptz at time zone 'UTC'` : parameter;
    return `${COLUMNS[field]} = ${value}`;
  });
  if (psk !== undefined) sets.push(`psk_secret = $${values.push(box.seal(psk, owner))}`);
  await client.query(`update devices set ${sets.join(', ')} where id = $1`, values);
  const detail = { fields: [...Object.keys(fields), ...(psk === undefined ? [] : ['psk'])] };
  await recordEvent(client, { kind: 'device changed by import', ...owner, detail });
}

// The table of one import that holds the lines of its file, filled by COPY. Keys stand in it as they will in `devices`.
import type pg from 'pg';
import {
  type DeviceLine,
  type FaultList,
  isFault,
  type LineFault,
} from '../../../core/device-table/index.js';
import { macKeyOf } from '../../devices/rows.js';
import { copyRows } from '../../store/copy-rows.js';
import type { SecretBox } from '../../store/secrets/secret-box.js';

/** Fields that a file may change, and the column of each, in `devices` and here. */
export const COLUMNS = {
  status: 'status',
  provisionedAt: 'provisioned_at',
  caUrl: 'ca_service_url',
  wifiSsid: 'wifi_ssid',
  firmwareVersion: 'firmware_version',
  hardwareRevision: 'hardware_revision',
  location: 'location',
  hardwareId: 'hardware_id',
} as const;
const FIELDS = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];

/**
 * device_id: the device that the line means, null for a new one. taken_by: the other UUID that has the MAC already.
 * changed: names of fields in which the line differs from its device.
 */
const STAGING = `
  create temporary table import_lines (
    line INTEGER, global_uuid TEXT, mac_address TEXT, mac_key TEXT, psk_secret TEXT,
    status TEXT, provisioned_at TIMESTAMP, ca_service_url TEXT, wifi_ssid TEXT, firmware_version TEXT,
    hardware_revision TEXT, location TEXT, hardware_id TEXT,
    device_id INTEGER, taken_by TEXT, changed TEXT[] NOT NULL DEFAULT '{}'
  ) on commit drop`;
const TARGET = `import_lines (line, global_uuid, mac_address, mac_key, psk_secret, ${Object.values(COLUMNS).join(', ')})`;

/** Lines that cannot be read go to `faults`, all others into the table. Runs inside a transaction. */
export async function stageLines(
  client: pg.ClientBase,
  box: SecretBox,
  lines: AsyncIterable<DeviceLine | LineFault>,
  faults: FaultList,
): Promise<void> {
  await client.query(STAGING);
  await copyRows(client, TARGET, stagedRows(lines, box, faults));
  await client.query('analyze import_lines');
}

/** The time is UTC: the zone at its end is not looked at. */
async function* stagedRows(
  lines: AsyncIterable<DeviceLine | LineFault>,
  box: SecretBox,
  faults: FaultList,
): AsyncGenerator<readonly (string | undefined)[]> {
  for await (const line of lines) {
    if (isFault(line)) {
      faults.add(line);
      continue;
    }
    const { mac, uuid, psk } = line;
    const macKey = macKeyOf(mac);
    const sealed = psk === undefined ? undefined : box.seal(psk, { uuid, macKey });
    yield [String(line.line), uuid, mac, macKey, sealed, ...FIELDS.map((field) => line[field])];
  }
}

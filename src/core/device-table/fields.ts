// The fields of a device in files that people exchange, and how their columns may be called.
import { DETAIL_WIDTHS, type DeviceDetails } from '../device-details.js';

/** One device as a file tells it. Times are ISO 8601 in UTC. */
export interface DeviceFields extends DeviceDetails {
  readonly mac: string;
  readonly uuid: string;
  readonly psk?: string | undefined;
  readonly status?: string | undefined;
  readonly provisionedAt?: string | undefined;
  /** The chip's unique id, 32 lower-case hex digits: without it a moved device takes the next chip's. */
  readonly hardwareId?: string | undefined;
  /** Of the unit that the device is in a batch: written, and left out of what is read. */
  readonly serial?: string | undefined;
  readonly batch?: string | undefined;
  readonly lot?: string | undefined;
  /** Of its row in a list of values: written where it is asked for, and left out of what is read. */
  readonly values?: Readonly<Record<string, string>> | undefined;
}

export type DeviceField = Exclude<keyof DeviceFields, 'values'>;

/** In the order of the columns; the key is left out of what is written unless it was asked for. */
export const PUBLIC_FIELDS = [
  'mac',
  'uuid',
  'status',
  'provisionedAt',
  'caUrl',
  'wifiSsid',
  'firmwareVersion',
  'hardwareRevision',
  'location',
  'hardwareId',
  'serial',
  'batch',
  'lot',
] as const satisfies readonly DeviceField[];

/** Characters that the registry's columns hold. */
export const FIELD_WIDTHS: Partial<Record<DeviceField, number>> = {
  status: 20,
  ...DETAIL_WIDTHS,
};

/** Columns of the table `devices`, for files that were made from it by other programs. */
const COLUMN_NAMES: Readonly<Record<string, DeviceField>> = {
  mac_address: 'mac',
  global_uuid: 'uuid',
  psk_secret: 'psk',
  provisioned_at: 'provisionedAt',
  ca_service_url: 'caUrl',
  wifi_ssid: 'wifiSsid',
  firmware_version: 'firmwareVersion',
  hardware_revision: 'hardwareRevision',
  hardware_id: 'hardwareId',
};

/** They belong to the unit in its batch, which a file of devices cannot make. */
const UNIT_FIELDS: readonly DeviceField[] = ['serial', 'batch', 'lot'];

/** Columns of a list of values: `values.sku`. */
export const VALUES_PREFIX = 'values.';
/** What other commands print beside a device, and what says nothing to another registry. */
const PASSED_OVER: readonly string[] = ['id', 'type'];

/** The field that a column stands for, `skip` for one without meaning here, undefined for one that nobody knows. */
export function fieldOf(column: string): DeviceField | 'unit' | 'skip' | undefined {
  const name = column.trim();
  if (PASSED_OVER.includes(name) || name.startsWith(VALUES_PREFIX)) return 'skip';
  const own = [...PUBLIC_FIELDS, 'psk' as const].find((field) => field === name);
  if (own !== undefined && UNIT_FIELDS.includes(own)) return 'unit';
  return own ?? (Object.hasOwn(COLUMN_NAMES, name) ? COLUMN_NAMES[name] : undefined);
}

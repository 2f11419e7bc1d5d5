// Rows of the tables and the records made of them. Times come out as ISO 8601 in UTC.
import type { DeviceName, DeviceRecord, KeyRecord } from '../registry.js';
import type { SecretOwner } from '../store/secrets/secret-box.js';

/** A row of `devices` as DEVICE_COLUMNS selects it. */
export interface DeviceRow {
  readonly id: number;
  readonly global_uuid: string;
  readonly mac_address: string;
  readonly mac_key: string;
  readonly psk_secret: string;
  readonly ca_service_url: string | null;
  readonly wifi_ssid: string | null;
  readonly provisioned_at: Date | number | null;
  readonly firmware_version: string | null;
  readonly hardware_revision: string | null;
  readonly location: string | null;
  readonly status: string | null;
  readonly hardware_id: string | null;
}

/** The seed's provisioned_at has no zone and holds UTC. */
export const DEVICE_COLUMNS = `id, global_uuid, mac_address, mac_key, psk_secret, ca_service_url, wifi_ssid,
  provisioned_at at time zone 'UTC' as provisioned_at, firmware_version, hardware_revision, location, status, hardware_id`;

/** The status of a device that was taken out of use and is kept for its history. */
export const REMOVED = 'removed';

/** SQL text: the image in `attempts` and `batch_units`; null where it is not known whole. */
export const IMAGE_JSON = `case when num_nulls(image_offset, image_size, image_md5, image_sha256) = 0
  then json_build_object('offsetBytes', image_offset, 'sizeBytes', image_size, 'md5', image_md5, 'sha256', image_sha256)
  end`;

export interface KeyRow {
  readonly id: string;
  readonly state: KeyRecord['state'];
  readonly psk_secret: string;
  readonly created_at: Date;
  readonly proven_at: Date | null;
  readonly superseded_at: Date | null;
}

/** `a4:cf:12:34:56:78` to `a4cf12345678`, the spelling of the column mac_key. */
export function macKeyOf(mac: string): string {
  return mac.toLowerCase().replaceAll(/[:-]/g, '');
}

/** `a4cf12345678` to `a4:cf:12:34:56:78`. */
export function macOf(macKey: string): string {
  return macKey.match(/../g)?.join(':') ?? macKey;
}

/** What `devices` holds of a name: a MAC key or a UUID; undefined for a serial number alone. */
export function columnText(device: DeviceName): string | undefined {
  if ('mac' in device) return macKeyOf(device.mac);
  return 'uuid' in device ? device.uuid.toLowerCase() : undefined;
}

export function ownerOf(row: Pick<DeviceRow, 'global_uuid' | 'mac_key'>): SecretOwner {
  return { uuid: row.global_uuid.toLowerCase(), macKey: row.mac_key };
}

/** Undefined where the column holds nothing. */
const orNone = <T>(value: T | null): T | undefined => value ?? undefined;
/** Other programs may write times that no Date holds: infinity, or the year 290000. */
export const isoOrNone = (time: Date | number | null): string | undefined =>
  time instanceof Date && !Number.isNaN(time.getTime()) ? time.toISOString() : undefined;

export function toDeviceRecord(row: DeviceRow): DeviceRecord {
  return {
    id: row.id,
    uuid: row.global_uuid.toLowerCase(),
    mac: macOf(row.mac_key),
    hardwareId: orNone(row.hardware_id),
    status: row.status ?? 'provisioned',
    caUrl: orNone(row.ca_service_url),
    wifiSsid: orNone(row.wifi_ssid),
    firmwareVersion: orNone(row.firmware_version),
    hardwareRevision: orNone(row.hardware_revision),
    location: orNone(row.location),
    provisionedAt: isoOrNone(row.provisioned_at),
  };
}

export function toKeyRecord(row: KeyRow): KeyRecord {
  return {
    id: Number(row.id),
    state: row.state,
    createdAt: row.created_at.toISOString(),
    provenAt: isoOrNone(row.proven_at),
    supersededAt: isoOrNone(row.superseded_at),
  };
}

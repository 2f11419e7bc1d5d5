// What a reservation is to become: the row of a new device, pending until its key is proven.
import type pg from 'pg';
import { generatePsk } from '../../core/psk.js';
import { namesOf } from '../conflicts/detect.js';
import type { ReserveRequest } from '../registry.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import { DEVICE_COLUMNS, type DeviceRow, macKeyOf } from './rows.js';

/** What devices is to say once the key is proven. No secret in it. */
export function wantedOf(request: ReserveRequest): Record<string, string | null> {
  return {
    ca_service_url: request.caUrl,
    wifi_ssid: request.wifiSsid ?? null,
    firmware_version: request.firmwareVersion ?? null,
    hardware_revision: request.hardwareRevision ?? null,
    location: request.location ?? null,
    hardware_id: namesOf(request).hardwareId ?? null,
  };
}

/** The rows of boards that are new, by MAC key. The trigger on devices puts their keys into device_keys. */
export async function insertPending(
  client: pg.ClientBase,
  box: SecretBox,
  requests: readonly ReserveRequest[],
): Promise<ReadonlyMap<string, DeviceRow>> {
  if (requests.length === 0) return new Map();
  const { rows } = await client.query<DeviceRow>(
    `insert into devices (global_uuid, mac_address, psk_secret, ca_service_url, wifi_ssid, provisioned_at,
                          firmware_version, hardware_revision, location, hardware_id, status)
     select uuid, mac, sealed, ca_service_url, wifi_ssid, null, firmware_version, hardware_revision, location,
            hardware_id, 'pending'
     from json_to_recordset($1::json) as board (
       uuid text, mac text, sealed text, ca_service_url text, wifi_ssid text, firmware_version text,
       hardware_revision text, location text, hardware_id text)
     returning ${DEVICE_COLUMNS}`,
    [JSON.stringify(requests.map((request) => toColumns(box, request)))],
  );
  return new Map(rows.map((row) => [row.mac_key, row]));
}

function toColumns(box: SecretBox, request: ReserveRequest): object {
  const { uuid, mac, psk = generatePsk() } = request;
  return { ...wantedOf(request), uuid, mac, sealed: box.seal(psk, { uuid, macKey: macKeyOf(mac) }) };
}

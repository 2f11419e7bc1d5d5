// What a target gets: one event of one device, with the device as it is now.
import type { DeviceRow } from '../devices/rows.js';
import { ownerOf, toDeviceRecord } from '../devices/rows.js';
import type { DeviceRecord } from '../registry.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import type { PushEvent } from '../../core/push.js';
import type { ColumnParameter, Parameter } from './statement.js';

export interface PushMessage {
  /** A UUID, the same with every try. */
  readonly id: string;
  readonly event: PushEvent | 'test';
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
  readonly device: DeviceRecord;
  /** Only for a target that is sent keys. */
  readonly psk?: string | undefined;
  /** Of the device's row in the list of values that the target names, without what is secret; absent: it has none. */
  readonly values?: Readonly<Record<string, string>> | undefined;
}

/** Of the JSON of a webhook; another number when a reader would have to change. */
const PAYLOAD_VERSION = 1;

/** A device that does not exist: all zeroes, in the forms of a real one. */
const TEST_DEVICE: DeviceRecord = {
  id: 0,
  uuid: '00000000-0000-4000-8000-000000000000',
  mac: '00:00:00:00:00:00',
  status: 'provisioned',
  caUrl: 'https://ca.example.com',
  wifiSsid: 'test',
  firmwareVersion: '0.0.0',
  hardwareRevision: '0',
  location: 'test',
  provisionedAt: '1970-01-01T00:00:00.000Z',
};
const TEST_PSK = '0'.repeat(32);

/** @param box opens the key; absent: the target is not sent keys  @throws SECRET_UNREADABLE */
export function messageOf(
  event: Pick<PushMessage, 'id' | 'event' | 'occurredAt' | 'values'>,
  row: DeviceRow,
  box: SecretBox | undefined,
): PushMessage {
  return { ...event, device: toDeviceRecord(row), psk: box?.open(row.psk_secret, ownerOf(row)) };
}

export function testMessage(id: string, sendsKeys: boolean): PushMessage {
  const occurredAt = new Date().toISOString();
  return { id, event: 'test', occurredAt, device: TEST_DEVICE, psk: sendsKeys ? TEST_PSK : undefined };
}

/** The body of a webhook. */
export function payloadOf({ event, occurredAt, device, psk, values }: PushMessage): string {
  const type = event === 'test' ? 'test' : `device.${event}`;
  return JSON.stringify({
    type,
    version: PAYLOAD_VERSION,
    timestamp: occurredAt,
    data: { ...device, id: undefined, psk, values },
  });
}

/** What a parameter of a statement stands for. A device that does not exist has "0" in all columns, which every type takes. */
export function valueOf(message: PushMessage, parameter: Parameter | ColumnParameter): string | null {
  if (typeof parameter === 'string') return parametersOf(message)[parameter];
  return message.event === 'test' ? '0' : (message.values?.[parameter.column] ?? null);
}

function parametersOf(message: PushMessage): Readonly<Record<Parameter, string | null>> {
  const { device } = message;
  return {
    uuid: device.uuid,
    mac: device.mac,
    psk: message.psk ?? null,
    event: message.event,
    status: device.status,
    ca_url: device.caUrl ?? null,
    wifi_ssid: device.wifiSsid ?? null,
    firmware_version: device.firmwareVersion ?? null,
    hardware_revision: device.hardwareRevision ?? null,
    location: device.location ?? null,
    provisioned_at: device.provisionedAt ?? null,
    occurred_at: message.occurredAt,
    message_id: message.id,
  };
}

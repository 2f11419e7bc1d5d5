// All devices as text, page by page, so that a registry of any size passes through little memory.
import { csvCell, PUBLIC_FIELDS } from '../../core/device-table/index.js';
import type { DeviceFilter, Registry } from '../../registry/index.js';
import { listedDeviceSchema, type Device } from '../contract/devices.js';

type Filter = Omit<DeviceFilter, 'limit' | 'after'>;

const PAGE = 1000;

/** RFC 4180, with a head line. */
export async function* csvLines(registry: Registry, filter: Filter): AsyncGenerator<string> {
  yield `${PUBLIC_FIELDS.join(',')}\r\n`;
  for await (const device of allDevices(registry, filter)) {
    yield `${PUBLIC_FIELDS.map((field) => csvCell(device[field] ?? '')).join(',')}\r\n`;
  }
}

export async function* jsonLines(registry: Registry, filter: Filter): AsyncGenerator<string> {
  for await (const device of allDevices(registry, filter)) yield `${JSON.stringify(device)}\n`;
}

/** Each through its schema: what that does not name stays behind. */
async function* allDevices(registry: Registry, filter: Filter): AsyncGenerator<Device> {
  let after: string | undefined;
  do {
    const page = await registry.list({ ...filter, after, limit: PAGE });
    for (const device of page.devices) yield listedDeviceSchema.parse(device);
    after = page.next;
  } while (after !== undefined);
}

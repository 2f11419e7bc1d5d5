// All devices as text, page by page, so that a registry of any size passes through little memory.
import type { DeviceFilter, Registry } from '../../registry/index.js';
import { deviceSchema, type Device } from '../contract/devices.js';

type Filter = Pick<DeviceFilter, 'text' | 'status'>;

const PAGE = 1000;
const COLUMNS = [
  'mac',
  'uuid',
  'status',
  'provisionedAt',
  'caUrl',
  'wifiSsid',
  'firmwareVersion',
  'hardwareRevision',
  'location',
] as const satisfies readonly (keyof Device)[];

/** RFC 4180, with a head line. */
export async function* csvLines(registry: Registry, filter: Filter): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  for await (const device of allDevices(registry, filter)) {
    yield `${COLUMNS.map((column) => cell(device[column] ?? '')).join(',')}\r\n`;
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
    for (const device of page.devices) yield deviceSchema.parse(device);
    after = page.next;
  } while (after !== undefined);
}

/** Quoted where needed; text that a spreadsheet would run as a formula gets a quote in front (OWASP, CSV injection). */
function cell(value: string | number): string {
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

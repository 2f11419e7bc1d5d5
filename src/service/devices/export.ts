// All devices page by page, so that a registry of any size passes through little memory.
import type { DeviceFilter, DeviceRecord, Registry } from '../../registry/index.js';

const PAGE = 1000;

export async function* allDevices(
  registry: Registry,
  filter: Omit<DeviceFilter, 'limit' | 'after'>,
): AsyncGenerator<DeviceRecord> {
  let after: string | undefined;
  do {
    const page = await registry.list({ ...filter, after, limit: PAGE });
    yield* page.devices;
    after = page.next;
  } while (after !== undefined);
}

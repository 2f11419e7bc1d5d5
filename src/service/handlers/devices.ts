// Devices of the registry: lists, history, export, and the one way to a key.
import {
  checkStatus,
  type DeviceFilter,
  type DevicePage,
  type ExportOptions,
  type Registry,
  type DeviceRecord,
} from '../../registry/index.js';
import { withMoments } from '../http/moments.js';
import { parseDeviceName } from '../../core/device-name.js';
import type { DEVICE_OPERATIONS } from '../contract/devices.js';
import { needDatabase, type ServiceCore } from '../core.js';
import { type TableFormat, writeDevices } from '../../core/device-table/index.js';
import { labelFile } from '../labels/label-file.js';
import { askerOf } from '../http/asker.js';
import { streamText } from '../http/text-stream.js';
import { DONE, type HandlersOf } from '../http/operations.js';
import { measure, registryStatus } from '../station/registry-status.js';

export function deviceHandlers({
  parts,
  labels,
  registryWatch,
}: ServiceCore): HandlersOf<typeof DEVICE_OPERATIONS> {
  const { registry } = parts;
  return {
    listDevices: async ({ query }) => listKnown(registry, withMoments(query)),
    exportDevices: async ({ query: { format, values, ...typed } }, call) => {
      const filter = withMoments(typed);
      await checkStatus(registry, filter.status);
      const text = await streamText(
        values === undefined
          ? writeDevices(allDevices(registry, filter), format, false)
          : await withColumns(parts.administration, { filter, values }, format),
      );
      call.header('content-type', `${format === 'csv' ? 'text/csv' : 'application/x-ndjson'}; charset=utf-8`);
      call.header('content-disposition', `attachment; filename="devices.${format}"`);
      return text;
    },
    showDevice: ({ params }) => registry.show(parseDeviceName(params.device)),
    deviceLabel: async ({ params, query }, call) => {
      const device = await registry.show(parseDeviceName(params.device));
      const { contentType, fileName, content } = await labelFile(
        device.mac,
        await labels.layOut(device, query.printer),
        query.format,
      );
      call.header('content-type', contentType);
      call.header('content-disposition', `inline; filename="${fileName}"`);
      return content;
    },
    printLabel: async ({ params, body: { reason, printer } }, call) => {
      const device = await registry.show(parseDeviceName(params.device));
      await labels.reprint(device, { ...askerOf(call), reason, printer });
      return DONE;
    },
    removeDevice: async ({ params: { device }, body: { reason } }, call) => {
      const administration = needDatabase(parts.administration, 'Devices that are out of use');
      const asker = { ...askerOf(call), reason };
      const removed = await administration.removeDevice(parseDeviceName(device), asker);
      await registryWatch.look();
      return removed;
    },
    revealKey: async ({ params, body }, call) => {
      const { mac, uuid } = await registry.show(parseDeviceName(params.device));
      const psk = await registry.reveal(mac, body.reason, askerOf(call));
      return { mac, uuid, psk };
    },
    registryStatus: () => registryStatus(registry),
    testRegistry: ({ body }, { signal }) => measure('', () => parts.probeRegistry(body.databaseUrl, signal)),
  };
}

/** With the columns of a list of values. @throws VALUE_LIST_UNKNOWN, DATABASE_MISSING */
async function withColumns(
  administration: ServiceCore['parts']['administration'],
  options: ExportOptions & { readonly values: string },
  format: TableFormat,
): Promise<AsyncGenerator<string>> {
  const database = needDatabase(administration, 'Lists of values');
  const columns = await database.openColumns(options.values);
  return writeDevices(database.exportDevices(options), format, false, columns);
}

async function listKnown(registry: Registry, filter: DeviceFilter): Promise<DevicePage> {
  const page = await registry.list(filter);
  if (page.devices.length === 0) await checkStatus(registry, filter.status);
  return page;
}

// All devices page by page, so that a registry of any size passes through little memory.
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

// `espmint devices list`: one line a device, page by page.
import { Command } from 'commander';
import { invalidInput } from '../../../core/errors/index.js';
import type { ListedDevice, Registry, Store } from '../../../registry/index.js';
import type { CliIo } from '../../io.js';
import { lister, type ListForm } from '../../output/show.js';
import { shownTime } from '../../output/format.js';
import { addFilterOptions, checkFilter, filterOf, type FilterFlags } from './filter-flags.js';
import { withRegistry } from './with-registry.js';

interface ListOptions extends FilterFlags {
  readonly limit?: string;
  readonly json?: boolean;
}

/** Devices a query when all are listed. */
const PAGE = 1000;

export function listCommand(io: CliIo): Command {
  const command = new Command('list').description('the devices, newest first');
  return addFilterOptions(command)
    .option('--limit <count>', 'at most so many devices')
    .option('--json', 'print one JSON object a line')
    .action((options: ListOptions, self: Command) =>
      withRegistry(io, self, (registry, { store }) => list(io, registry, store, options)),
    );
}

async function list(io: CliIo, registry: Registry, store: Store, options: ListOptions): Promise<void> {
  const filter = filterOf(options);
  let left = parseLimit(options.limit);
  await checkFilter(registry, store, filter);
  const list = lister(io, options, DEVICES);
  let after: string | undefined;
  do {
    const page = await registry.list({ ...filter, after, limit: Math.min(left, PAGE) });
    list(page.devices);
    await io.drained();
    left -= page.devices.length;
    after = page.next;
  } while (after !== undefined && left > 0);
}

/** @throws INPUT_INVALID */
export function parseLimit(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw invalidInput('--limit', 'is not a count', 'give a whole number from 1 on');
}

const DEVICES: ListForm<ListedDevice> = {
  type: 'device',
  heads: ['MAC', 'UUID', 'STATUS', 'PROVISIONED', 'SERIAL', 'FIRMWARE', 'LOCATION'],
  cells: ({ mac, uuid, status, provisionedAt, serial, firmwareVersion, location }) => [
    mac,
    uuid,
    status,
    shownTime(provisionedAt),
    serial,
    firmwareVersion,
    location,
  ],
};

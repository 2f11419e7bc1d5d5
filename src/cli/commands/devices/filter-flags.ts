// Which devices a command means: the same options for lists and for files.
import type { Command } from 'commander';
import type { DeviceFilter, Registry, Store } from '../../../registry/index.js';
import { requireKnownNames } from '../../compose/known-names.js';
import { parseTime, TIME_FORMS } from '../../arguments/times.js';

export interface FilterFlags {
  readonly status?: string;
  readonly all?: boolean;
  readonly text?: string;
  readonly batch?: string;
  readonly lot?: string;
  readonly serial?: string;
  readonly station?: string;
  readonly since?: string;
  readonly until?: string;
}

export function addFilterOptions(command: Command): Command {
  return command
    .option('--status <status>', 'only devices of this status: pending, provisioned, removed')
    .option('--all', 'also devices that were removed')
    .option(
      '--text <text>',
      'only devices with this in MAC (end or start), UUID (start), serial number or location, or as their lot or batch',
    )
    .option('--batch <name>', 'only devices with an attempt for this batch')
    .option('--lot <text>', 'only devices of this lot')
    .option('--serial <text>', 'only the device of this serial number')
    .option('--station <name>', 'only devices with an attempt at this station')
    .option('--since <time>', `only devices provisioned then or later: ${TIME_FORMS}`)
    .option('--until <time>', 'only devices provisioned before then; a day alone is taken in as a whole');
}

/** @throws INPUT_INVALID */
export function filterOf(flags: FilterFlags): Omit<DeviceFilter, 'limit' | 'after'> {
  const { status, all: includeRemoved, text, batch, lot, serial, station } = flags;
  const since = isoTime(flags.since, '--since');
  const until = isoTime(flags.until, '--until');
  return { status, includeRemoved, text, batch, lot, serial, station, since, until };
}

/**
 * A status, batch or station that no device has is a slip, unless the database knows the name.
 *
 * @throws INPUT_INVALID, BATCH_UNKNOWN
 */
export async function checkFilter(
  registry: Registry,
  store: Store,
  { status, batch, station }: DeviceFilter,
): Promise<void> {
  const { checkStatus } = await import('../../../registry/index.js');
  await checkStatus(registry, status);
  const isUnused = async (one: DeviceFilter): Promise<boolean> =>
    (await registry.list({ ...one, includeRemoved: true, limit: 1 })).devices.length === 0;
  const names = {
    batch: batch !== undefined && (await isUnused({ batch })) ? batch : undefined,
    station: station !== undefined && (await isUnused({ station })) ? station : undefined,
  };
  if (names.batch === undefined && names.station === undefined) return;
  const production = await store.production();
  try {
    await requireKnownNames(production, names);
  } finally {
    await production.close();
  }
}

function isoTime(text: string | undefined, option: '--since' | '--until'): string | undefined {
  const ms = parseTime(text, option);
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

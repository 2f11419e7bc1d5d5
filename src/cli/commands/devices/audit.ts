// `espmint devices audit`: who did what, from where, and why.
import { Command } from 'commander';
import type { AuditRecord } from '../../../registry/index.js';
import { administer } from '../../compose/parts-of-database.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import { lister, type ListForm } from '../../output/show.js';
import { shownTime } from '../../output/format.js';
import { tableLines, type Row } from '../../output/table.js';
import { parseDeviceName } from '../../../core/device-name.js';
import { parseLimit } from './list.js';

interface Options {
  readonly limit?: string;
  readonly json?: boolean;
}

/** Entries a query when all are listed. */
const PAGE = 1000;

export function auditCommand(io: CliIo): Command {
  return new Command('audit')
    .description(
      'who revealed, exported, changed, retried and removed what, from where and why; newest first',
    )
    .argument('[device]', 'MAC, UUID or serial number; without it the whole audit trail')
    .option('--limit <count>', 'at most so many entries')
    .option('--json', 'print one JSON object a line')
    .action((name: string | undefined, options: Options, command: Command) =>
      list(io, command.optsWithGlobals<GlobalOptions>(), name, options),
    );
}

async function list(
  io: CliIo,
  global: GlobalOptions,
  name: string | undefined,
  options: Options,
): Promise<void> {
  const device = name === undefined ? undefined : parseDeviceName(name);
  let left = parseLimit(options.limit);
  let after: string | undefined;
  const show = lister(io, options, AUDIT);
  await administer(io, global, async (administration) => {
    do {
      const page = await administration.audit({ device, after, limit: Math.min(left, PAGE) });
      show(page.entries);
      await io.drained();
      left -= page.entries.length;
      after = page.next;
    } while (after !== undefined && left > 0);
  });
}

const AUDIT: ListForm<AuditRecord> = {
  type: 'audit',
  heads: ['TIME', 'WHAT', 'DEVICE', 'BY', 'DETAILS'],
  cells: (one) => [shownTime(one.at), one.kind, one.mac, whoOf(one), factsOf(one.detail) || undefined],
};

/** The audit trail of one device amid other lines. */
export function auditLines(entries: readonly AuditRecord[], columns: number): readonly string[] {
  const withoutDevice = ([at, what, , by, details]: Row): Row => [at, what, by, details];
  return tableLines(['TIME', 'WHAT', 'BY', 'DETAILS'], entries.map(AUDIT.cells).map(withoutDevice), columns);
}

const whoOf = ({ actor, origin }: AuditRecord): string =>
  origin === undefined ? actor : `${actor} at ${origin}`;

const factsOf = (detail: AuditRecord['detail']): string =>
  Object.entries(detail)
    .map(([name, value]) => `${name}: ${plain(value)}`)
    .join(', ');

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

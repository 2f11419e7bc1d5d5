// `espmint devices export` and `import`: devices as files that people and other systems exchange.
import { printable } from '../../output/printable.js';
import { Command, Option } from 'commander';
import {
  readDevices,
  TABLE_FORMATS,
  type TableFormat,
  writeDevices,
} from '../../../core/device-table/index.js';
import { invalidInput } from '../../../core/errors/index.js';
import type { ImportReport } from '../../../registry/index.js';
import { formOfFile } from '../../arguments/file-form.js';
import { inBlocks, readTextPieces, streamToFile } from '../../../files/index.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import { show } from '../../output/show.js';
import { addFilterOptions, checkFilter, filterOf, type FilterFlags } from './filter-flags.js';
import { withAdministration } from './with-registry.js';

interface ExportFlags extends GlobalOptions, FilterFlags {
  readonly format?: TableFormat;
  readonly out?: string;
  readonly reveal?: boolean;
  readonly reason?: string;
  readonly values?: string;
}

interface ImportFlags extends GlobalOptions {
  readonly format?: TableFormat;
  readonly overwrite?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Only its owner reads a file with keys. */
const SECRET_FILE = 0o600;

export function exportCommand(io: CliIo): Command {
  const command = new Command('export')
    .description('write devices as CSV, JSON or JSON Lines, without their keys unless they are asked for')
    .addOption(formatOption('needed only for a name without ending; csv to standard output'))
    .option(
      '--out <file>',
      'write there, in the place of a file of that name, instead of to standard output',
    );
  return addFilterOptions(command)
    .option('--reveal', 'with the keys; who asked and why is recorded for each device')
    .option('--reason <text>', 'with --reveal: why the keys are needed')
    .option('--values <list>', 'with what each device has in this list of values, but for secret columns')
    .action((_: unknown, self: Command) => runExport(io, self));
}

export function importCommand(io: CliIo): Command {
  return new Command('import')
    .description('take a file of devices into the registry: all of it, or nothing')
    .argument('<file>', 'what `devices export` writes; a new device needs its key')
    .addOption(formatOption('needed only for a name without ending'))
    .option('--overwrite', 'change devices that are there already to what the file says')
    .option('--dry-run', 'check the file against the registry, and change nothing')
    .option('--json', 'print one JSON object')
    .action((file: string, _: unknown, self: Command) => runImport(io, file, self));
}

function formatOption(otherwise: string): Option {
  return new Option('--format <format>', `form of the file; ${otherwise}`).choices(TABLE_FORMATS);
}

async function runExport(io: CliIo, command: Command): Promise<void> {
  const flags = command.optsWithGlobals<ExportFlags>();
  const { out, reveal = false, reason, values } = flags;
  const filter = filterOf(flags);
  if (reveal !== (reason !== undefined)) {
    throw invalidInput(
      reveal ? '--reveal' : '--reason',
      `is given without ${reveal ? '--reason' : '--reveal'}`,
      'give both for the keys, or neither',
    );
  }
  const format = out === undefined ? (flags.format ?? 'csv') : formOf('--out', out, flags.format);
  await withAdministration(io, command, async (administration, { registry, store }) => {
    await checkFilter(registry, store, filter);
    const columns = values === undefined ? undefined : await administration.openColumns(values);
    const devices = administration.exportDevices({ filter, revealReason: reason, values });
    const blocks = inBlocks(writeDevices(devices, format, reveal, columns));
    if (out !== undefined) await streamToFile(out, blocks, { mode: reveal ? SECRET_FILE : undefined });
    else await print(io, blocks);
  });
}

async function runImport(io: CliIo, file: string, command: Command): Promise<void> {
  const flags = command.optsWithGlobals<ImportFlags>();
  const { overwrite = false, dryRun = false } = flags;
  const format = formOf('FILE', file, flags.format);
  const leftOut = new Set<string>();
  const lines = () =>
    readDevices(readTextPieces(file), format, (column, why) => {
      if (leftOut.has(column)) return;
      leftOut.add(column);
      const shown = printable(column.slice(0, 40));
      io.stderr(
        why === 'unit'
          ? `warning: ${file}: ${shown} is left out: it is of the unit in its batch, and \`espmint db backup\` moves batches.\n`
          : `warning: ${file}: nobody knows the column "${shown}"; what it holds is left out.\n`,
      );
    });
  await withAdministration(io, command, async (administration) => {
    const report = await administration.importDevices(lines, { file, overwrite, dryRun });
    show(io, flags, { type: 'import', dryRun, ...report }, describe(report, dryRun));
  });
}

async function print(io: CliIo, blocks: AsyncIterable<string>): Promise<void> {
  for await (const block of blocks) {
    io.stdout(block);
    await io.drained();
  }
}

const formOf = (field: string, path: string, given: TableFormat | undefined): TableFormat =>
  formOfFile({ field, path, forms: TABLE_FORMATS, given, option: '--format' });

function describe({ added, changed, unchanged }: ImportReport, dryRun: boolean): string {
  const tail = dryRun ? ' (dry run: nothing was changed)' : '';
  return `${added} added, ${changed} changed, ${unchanged} unchanged${tail}\n`;
}

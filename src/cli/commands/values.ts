// `espmint values`: lists whose rows are values of its own for each board.
import { dirname, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { invalidInput } from '../../core/errors/index.js';
import { readValueRows, ROW_STATES, type RowState, type ValuesPlan } from '../../core/values/rows.js';
import { readBytes, readTextPieces } from '../../files/index.js';
import { countOption } from '../arguments/numbers.js';
import { withValues } from '../compose/parts-of-database.js';
import { loadProfile } from '../compose/plan.js';
import { matterCommand } from './values-matter.js';
import type { CliIo } from '../io.js';
import { show, type Json } from '../output/show.js';
import { printable } from '../output/printable.js';
import { shownTime } from '../output/format.js';
import { counted } from '../../core/text.js';

export function valuesCommand(io: CliIo): Command {
  return new Command('values')
    .addCommand(importCommand(io))
    .addCommand(matterCommand(io))
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(
      endCommand(io, 'return', 'returned', 'take a row back from its board: it is free for another one'),
    )
    .addCommand(endCommand(io, 'scrap', 'scrapped', 'take a row out of use: no board gets it any more'));
}

interface ImportFlags {
  readonly profile: string;
  readonly format?: 'csv' | 'jsonl';
}

function importCommand(io: CliIo): Command {
  return new Command('import')
    .description('take in a list, all of it or nothing')
    .argument(
      '<file>',
      'CSV with a header line, or JSON Lines; columns mac, serial and uuid name the board, batch the batch',
    )
    .requiredOption('--profile <file>', 'declares the list and its columns (values)')
    .addOption(new Option('--format <name>', 'by the end of its name otherwise').choices(['csv', 'jsonl']))
    .action(async (file: string, flags: ImportFlags, command: Command) => {
      const plan = await valuesOf(flags.profile);
      const format = flags.format ?? (/\.(jsonl|ndjson|json)$/i.test(file) ? 'jsonl' : 'csv');
      const folder = dirname(resolve(file));
      const rows = (): ReturnType<typeof readValueRows> =>
        readValueRows({
          pieces: readTextPieces(file),
          format,
          columns: plan.columns,
          match: plan.match,
          readFile: (path) => readBytes(resolve(folder, path)),
        });
      const count = await withValues(io, command.optsWithGlobals(), (values) =>
        values.add(plan.list, plan.columns, rows, { file, signal: io.signal }),
      );
      io.stdout(`${counted(count, 'row')} imported into the list "${plan.list}"\n`);
    });
}

async function valuesOf(file: string): Promise<ValuesPlan> {
  const { values } = await loadProfile(file);
  if (values !== undefined) return values;
  throw invalidInput(
    `The profile ${file}`,
    'declares no list of values',
    'add values with list and columns to it; espmint profile init shows how',
  );
}

function listCommand(io: CliIo): Command {
  return new Command('list')
    .description('all lists, with how many of their rows are in each state')
    .option('--json', 'print one JSON object a line')
    .action(async (options: Json, command: Command) => {
      for (const list of await withValues(io, command.optsWithGlobals(), (values) => values.lists())) {
        const counts = ROW_STATES.map((state) => `${list.counts[state]} ${state}`).join(', ');
        const columns = list.columns
          .map(({ name, secret }) => (secret ? `${name} (secret)` : name))
          .join(', ');
        const text = `${printable(`${list.name}  ${counts}  columns: ${columns}`)}\n`;
        show(io, options, { type: 'value-list', ...list }, text);
      }
    });
}

interface ShowFlags {
  readonly state?: RowState;
  readonly after?: number;
  readonly limit?: number;
  readonly json?: boolean;
}

function showCommand(io: CliIo): Command {
  return new Command('show')
    .description('rows of a list in their order, without what is secret in them')
    .argument('<list>', 'its name')
    .addOption(new Option('--state <state>', 'only rows in this state').choices(ROW_STATES))
    .option('--after <row>', 'begin behind this row', countOption('--after', { min: 0, max: 2 ** 31 - 1 }))
    .option('--limit <n>', 'at most so many', countOption('--limit', { min: 1, max: 1_000_000 }))
    .option('--json', 'print one JSON object a line')
    .action(async (list: string, { json, ...filter }: ShowFlags, command: Command) => {
      for (const row of await withValues(io, command.optsWithGlobals(), (values) =>
        values.rows(list, filter),
      )) {
        const shown = Object.entries(row.values).map(([name, text]) => `${name}=${text.slice(0, 40)}`);
        const many = row.boards === undefined ? '' : ` (${counted(row.boards, 'board')})`;
        const held = row.reservedBy === undefined ? '' : `for station ${row.reservedBy} `;
        const board = row.mac ?? `${held}${row.wanted ?? ''}${many}`.trim();
        const when = row.claimedAt === undefined ? '' : shownTime(row.claimedAt);
        const head = `${String(row.number).padStart(7)}  ${row.state.padEnd(8)}  ${board.padEnd(17)}`;
        const line = [head, when, shown.join(' '), row.reason].filter(Boolean).join('  ');
        show(io, { json }, { type: 'value-row', ...row }, `${printable(line)}\n`);
      }
    });
}

function endCommand(io: CliIo, name: string, state: 'returned' | 'scrapped', description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<list>', 'its name')
    .argument(
      '<row>',
      'its number, as espmint values show prints it',
      countOption('<row>', { min: 1, max: 2 ** 31 - 1 }),
    )
    .requiredOption('--reason <text>', 'for the audit trail')
    .action(async (list: string, row: number, { reason }: { reason: string }, command: Command) => {
      await withValues(io, command.optsWithGlobals(), (values) => values.end(list, row, state, reason));
      io.stdout(`row ${row} of "${list}" is ${state}\n`);
    });
}

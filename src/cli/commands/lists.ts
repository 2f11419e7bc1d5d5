// `espmint lists`: which boards may be provisioned, and which never.
import { shownTime } from '../output/format.js';
import { Argument, Command } from 'commander';
import { parseListEntry } from '../../core/list-entry.js';
import { LIST_NAMES, type ListName } from '../../core/states.js';
import type { ListedEntry } from '../../registry/index.js';
import { administer } from '../compose/parts-of-database.js';
import type { CliIo } from '../io.js';
import { lister, type Json, type ListForm } from '../output/show.js';

const ENTRY = 'a MAC, a UUID, or a range of MACs, FIRST..LAST';

export function listsCommand(io: CliIo): Command {
  return new Command('lists')
    .addCommand(addCommand(io))
    .addCommand(removeCommand(io))
    .addCommand(showCommand(io));
}

const listArgument = (): Argument =>
  new Argument('<list>', 'deny wins; where anything is allowed, nothing else is').choices(LIST_NAMES);

function addCommand(io: CliIo): Command {
  return new Command('add')
    .description('put entries on a list; all stations of the registry follow it at once')
    .addArgument(listArgument())
    .argument('<entries...>', ENTRY)
    .option('--reason <text>', 'shown to whoever meets a denied board', '')
    .action(async (list: ListName, texts: string[], { reason }: { reason: string }, command: Command) => {
      const entries = texts.map(parseListEntry);
      const added = await administer(io, command.optsWithGlobals(), (registry) =>
        registry.addToList(list, entries, { reason }),
      );
      io.stdout(`${added} added, ${texts.length - added} were there already\n`);
    });
}

function removeCommand(io: CliIo): Command {
  return new Command('remove')
    .description('take an entry off a list')
    .addArgument(listArgument())
    .argument('<entry>', ENTRY)
    .action(async (list: ListName, text: string, _: unknown, command: Command) => {
      const entry = parseListEntry(text);
      await administer(io, command.optsWithGlobals(), (registry) => registry.removeFromList(list, entry));
      io.stdout(`removed from the ${list} list: ${text}\n`);
    });
}

function showCommand(io: CliIo): Command {
  return new Command('show')
    .description('both lists')
    .option('--json', 'print one JSON object a line')
    .action(async (options: Json, command: Command) => {
      const entries = await administer(io, command.optsWithGlobals(), (registry) => registry.lists());
      lister(io, options, ENTRIES)(entries);
    });
}

const ENTRIES: ListForm<ListedEntry> = {
  type: 'list-entry',
  heads: ['LIST', 'ENTRY', 'SINCE', 'BY', 'REASON'],
  cells: (one) => [one.list, one.entry, shownTime(one.createdAt), one.createdBy, one.reason || undefined],
};

// `espmint batch`: work orders that stations fill.
import { shownTime } from '../output/format.js';
import { Command } from 'commander';
import { parseIdentifierList } from '../../core/identifier-list.js';
import type { BatchState } from '../../core/states.js';
import type { Batch, Production, Unit } from '../../registry/index.js';
import { reasonText } from '../../registry/batches/batches.js';
import { withProduction } from '../compose/parts-of-database.js';
import { readTextFile } from '../../files/index.js';
import type { CliIo } from '../io.js';
import { lister, show, type Json, type ListForm } from '../output/show.js';
import { countOption } from '../arguments/numbers.js';
import { batchLine, reserveLine } from '../output/station-text.js';
import { processUser } from '../../registry/process-user.js';
import { reportCommand } from './batch-report.js';
import { counted } from '../../core/text.js';

interface CreateOptions {
  readonly profile: string;
  readonly quantity: number;
  readonly lot?: string;
  readonly hardwareRevision?: string;
  readonly firmwareVersion?: string;
  readonly location?: string;
  readonly serials?: string;
}
export function batchCommand(io: CliIo): Command {
  return new Command('batch')
    .addCommand(createCommand(io))
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(stateCommand(io, 'pause', 'paused', 'take no more boards until it is resumed'))
    .addCommand(resumeCommand(io))
    .addCommand(stateCommand(io, 'close', 'closed', 'take no more boards for good'))
    .addCommand(releaseCommand(io))
    .addCommand(importCommand(io))
    .addCommand(reportCommand(io));
}

function createCommand(io: CliIo): Command {
  return new Command('create')
    .description('a new batch, open at once')
    .argument('<name>', 'how it is called on every station')
    .requiredOption('--profile <file>', 'profile whose name and version its boards must have')
    .requiredOption('--quantity <count>', 'boards that it asks for', countOption('--quantity', { min: 1 }))
    .option('--lot <text>', 'lot of the boards')
    .option('--hardware-revision <text>', 'recorded with each device')
    .option('--firmware-version <text>', 'recorded with each device')
    .option('--location <text>', 'recorded with each device')
    .option('--serials <template>', 'serial numbers such as ZC-{0000}')
    .option('--json', 'print one JSON object')
    .action((name: string, options: CreateOptions & Json, self: Command) =>
      work(io, self, async ({ batches }) => {
        const { profile: file, serials: serialTemplate, ...rest } = options;
        const { parseProfile } = await import('../../core/profile/parse.js');
        const profileText = await readTextFile(file);
        const { name: profileName, version } = parseProfile(profileText, file);
        const profile = { name: profileName, version };
        const request = { ...rest, name, serialTemplate, profile, profileText };
        showBatch(io, await batches.create(request, processUser()), options);
      }),
    );
}

function listCommand(io: CliIo): Command {
  return new Command('list')
    .description('all batches, newest first')
    .option('--json', 'print one JSON object a line')
    .action((options: Json, self: Command) =>
      work(io, self, async ({ batches }) => {
        const all = await batches.list();
        if (all.length === 0) io.stderr('No batch yet; make one with `espmint batch create`.\n');
        lister(io, options, BATCHES)(all);
      }),
    );
}

const BATCHES: ListForm<Batch> = {
  type: 'batch',
  heads: ['BATCH', 'STATE', 'PASSED', 'FAILED', 'REWORKED', 'IN WORK', 'HELD', 'PROFILE', 'CREATED'],
  cells: ({ name, state, quantity, counts, profile, createdAt }) => {
    const { passed, failed, reworked, inWork, held } = counts;
    const numbers = [`${passed} of ${quantity}`, failed, reworked, inWork, held].map(String);
    return [name, state, ...numbers, `${profile.name} ${profile.version}`, shownTime(createdAt)];
  },
};

const UNITS: ListForm<Unit> = {
  type: 'unit',
  heads: ['MAC', 'STATE', 'SERIAL', 'UUID', 'STATION'],
  cells: ({ mac, state, serial, uuid, station }) => [mac, state, serial, uuid, station],
};

function showCommand(io: CliIo): Command {
  return new Command('show')
    .description('one batch with its boards')
    .argument('<name>', 'name of the batch')
    .option('--json', 'print JSON Lines: the batch, stations that have reserved units, then one unit a line')
    .action((name: string, options: Json, self: Command) =>
      work(io, self, async ({ batches }) => {
        showBatch(io, await batches.get(name), options);
        for (const held of await batches.reservedUnits(name))
          show(io, options, { type: 'held', ...held }, `${reserveLine(held)}\n`);
        lister(io, options, UNITS)(await batches.units(name));
      }),
    );
}

function stateCommand(io: CliIo, name: string, state: BatchState, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<name>', 'name of the batch')
    .option('--reason <text>', 'shown on every station', '')
    .option('--json', 'print one JSON object')
    .action((batch: string, options: Json & { reason: string }, self: Command) =>
      work(io, self, async ({ batches }) =>
        showBatch(io, await batches.setState(batch, state, options.reason, processUser()), options),
      ),
    );
}

function resumeCommand(io: CliIo): Command {
  return new Command('resume')
    .description('open a paused batch again, or ask for another number of boards')
    .argument('<name>', 'name of the batch')
    .option(
      '--quantity <count>',
      'boards that it asks for from now on',
      countOption('--quantity', { min: 1 }),
    )
    .option('--json', 'print one JSON object')
    .action((name: string, options: Json & { quantity?: number }, self: Command) =>
      work(io, self, async ({ batches }) => {
        if (options.quantity !== undefined) await batches.setQuantity(name, options.quantity);
        showBatch(io, await batches.setState(name, 'open', '', processUser()), options);
      }),
    );
}

function releaseCommand(io: CliIo): Command {
  return new Command('release')
    .description(
      'give the units that a station has reserved to other boards, when it is not coming back; boards that it has made out of reach are counted later only while there is room',
    )
    .argument('<name>', 'name of the batch')
    .requiredOption('--station <name>', 'who holds them, as "espmint batch show" names it')
    .requiredOption('--reason <text>', 'why; goes into the audit trail')
    .option('--json', 'print one JSON object')
    .action((name: string, options: Json & { station: string; reason: string }, self: Command) =>
      work(io, self, async ({ batches }) => {
        const { station, reason } = options;
        const units = await batches.releaseUnits(name, station, { reason, who: processUser() });
        const text = `free for other boards of batch ${name}: ${counted(units, 'unit')} of ${station}\n`;
        show(io, options, { type: 'released', batch: name, station, units }, text);
      }),
    );
}

function importCommand(io: CliIo): Command {
  return new Command('import-ids')
    .description(
      'a list of identifiers (CSV with the columns serial, uuid, psk) that its boards get in order',
    )
    .argument('<name>', 'name of the batch')
    .argument('<file>', 'CSV file with a header')
    .option('--json', 'print one JSON object')
    .action((name: string, file: string, options: Json, self: Command) =>
      work(io, self, async ({ batches }) => {
        const rows = parseIdentifierList(await readTextFile(file), file);
        const count = await batches.importIdentifiers(name, rows, file);
        const text = `${count} identifiers for batch ${name}\n`;
        show(io, options, { type: 'imported', batch: name, count }, text);
      }),
    );
}

function work(io: CliIo, command: Command, todo: (production: Production) => Promise<void>): Promise<void> {
  return withProduction(io, command.optsWithGlobals(), todo);
}

function showBatch(io: CliIo, batch: Batch, options: Json): void {
  const { profile, counts } = batch;
  const reason = reasonText(batch);
  const facts: readonly (readonly [string, string | number | undefined])[] = [
    ['profile', `${profile.name} version ${profile.version}`],
    ['state', reason === '' ? batch.state : `${batch.state} (${reason})`],
    ['units open', counts.open],
    ['identifiers left', counts.identifiersLeft],
    ['serials', batch.serialTemplate],
    ['lot', batch.lot],
    ['hardware', batch.hardwareRevision],
    ['firmware', batch.firmwareVersion],
    ['location', batch.location],
    ['created', `${shownTime(batch.createdAt)} by ${batch.createdBy}`],
  ];
  const lines = facts.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(17)} ${text}`]));
  show(io, options, { type: 'batch', ...batch }, `${[batchLine(batch), ...lines].join('\n')}\n`);
}

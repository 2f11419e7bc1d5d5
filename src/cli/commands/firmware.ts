// `espmint firmware`: versioned bundles in the registry, so that every station flashes the same bytes.
import { Command } from 'commander';
import { hex } from '../../core/text.js';
import type { BundleRecord } from '../../registry/index.js';
import { withFirmware } from '../compose/parts-of-database.js';
import { readFirmwareFile } from '../compose/firmware.js';
import type { CliIo } from '../io.js';
import { show, type Json } from '../output/show.js';
import { shownTime } from '../output/format.js';
import { printable } from '../output/printable.js';

export function firmwareCommand(io: CliIo): Command {
  return new Command('firmware')
    .addCommand(addCommand(io))
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(removeCommand(io));
}

function addCommand(io: CliIo): Command {
  return new Command('add')
    .description('keep the firmware of a build, checked and with its digest')
    .argument('<file>', 'flasher_args.json or folder of a build, ESP Web Tools manifest, or merged image')
    .option('--name <name>', 'default: the name of its project')
    .option('--bundle-version <text>', 'default: the version of its application')
    .action(async (file: string, flags: { name?: string; bundleVersion?: string }, command: Command) => {
      const read = await readFirmwareFile(file);
      const bundle = { ...read, name: flags.name ?? read.name, version: flags.bundleVersion ?? read.version };
      const record = await withFirmware(io, command.optsWithGlobals(), (firmware) => firmware.add(bundle));
      io.stdout(`${record.name}@${record.version}  ${record.chips.join(', ')}  ${record.digest}\n`);
    });
}

function listCommand(io: CliIo): Command {
  return new Command('list')
    .description('all bundles, newest first')
    .option('--json', 'print one JSON object a line')
    .action(async (options: Json, command: Command) => {
      for (const record of await withFirmware(io, command.optsWithGlobals(), (firmware) => firmware.list()))
        show(io, options, { type: 'firmware', ...record }, `${lineOf(record)}\n`);
    });
}

function showCommand(io: CliIo): Command {
  return new Command('show')
    .description('one bundle: what goes where')
    .argument('<bundle>', 'NAME@VERSION, or NAME for its newest version')
    .option('--json', 'print one JSON object')
    .action(async (wanted: string, options: Json, command: Command) => {
      const record = await withFirmware(io, command.optsWithGlobals(), (firmware) => firmware.show(wanted));
      const parts = record.parts.map(
        ({ chip, name, offsetBytes, sizeBytes }) =>
          `  ${(chip ?? 'any').padEnd(9)} ${hex(offsetBytes).padEnd(9)} ${hex(sizeBytes).padEnd(9)} ${name}`,
      );
      const text = [lineOf(record), `  digest    ${record.digest}`, ...parts].map(printable).join('\n');
      show(io, options, { type: 'firmware', ...record }, `${text}\n`);
    });
}

function removeCommand(io: CliIo): Command {
  return new Command('remove')
    .description('take a bundle away: no new run gets it')
    .argument('<bundle>', 'NAME@VERSION')
    .requiredOption('--reason <text>', 'for the audit trail')
    .action(async (wanted: string, { reason }: { reason: string }, command: Command) => {
      await withFirmware(io, command.optsWithGlobals(), (firmware) => firmware.remove(wanted, reason));
      io.stdout(`removed: ${wanted}\n`);
    });
}

function lineOf({ name, version, chips, addedAt, addedBy }: BundleRecord): string {
  return printable(`${name}@${version}  ${chips.join(', ')}  added ${shownTime(addedAt)} by ${addedBy}`);
}

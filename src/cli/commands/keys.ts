// `espmint keys`: the master keys behind the sealed secrets.
import { Command } from 'commander';
import { EXIT } from '../../core/errors/index.js';
import type { KeysReport, RegistryOptions } from '../../registry/index.js';
import { registryOptions } from '../compose/compose.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { show, type Json } from '../output/show.js';

export function keysCommand(io: CliIo): Command {
  const optionsOf = (command: Command): RegistryOptions =>
    registryOptions(io, command.optsWithGlobals<GlobalOptions>());
  return new Command('keys')
    .addCommand(
      new Command('list')
        .description('which master keys this computer has, by their ids, and what each of them opens')
        .option('--json', 'print one JSON object')
        .action(async (options: Json, command: Command) => {
          const { listKeys } = await import('../../registry/index.js');
          const report = await listKeys(optionsOf(command));
          show(io, options, toJson(report), describe(report));
          if (report.missing.length > 0) io.setExitCode(EXIT.registry);
        }),
    )
    .addCommand(
      new Command('import')
        .description('add the keys of a file to those of this computer; none is overwritten')
        .argument('<file>', 'master.key of another computer, or its master.key.previous')
        .option('--json', 'print one JSON object')
        .action(async (file: string, options: Json, command: Command) => {
          const { importKeys } = await import('../../registry/index.js');
          const { imported, alreadyHere, ...report } = await importKeys(optionsOf(command), file);
          const reported = imported.map((id) => (alreadyHere.includes(id) ? `${id} (was here)` : id));
          const text = `imported ${reported.join(', ')}\n${describe(report)}`;
          show(io, options, toJson(report, { imported, alreadyHere }), text);
          if (report.missing.length > 0) io.setExitCode(EXIT.registry);
        }),
    )
    .addCommand(rotateCommand(io, optionsOf))
    .addCommand(
      new Command('forget')
        .description('remove a replaced key; backups that were made under it cannot be restored here then')
        .argument('<id>', 'as "keys list" names it')
        .action(async (id: string, _options: object, command: Command) => {
          const { forgetMasterKey } = await import('../../registry/index.js');
          await forgetMasterKey(optionsOf(command), id);
          io.stdout(`master key ${id} is forgotten\n`);
        }),
    );
}

function rotateCommand(io: CliIo, optionsOf: (command: Command) => RegistryOptions): Command {
  return new Command('rotate')
    .description('make a new master key and wrap the data keys with it, while everybody goes on working')
    .action(async (_options: object, command: Command) => {
      const { rotateMasterKey } = await import('../../registry/index.js');
      const { from, to, rewrapped, keptIn } = await rotateMasterKey(optionsOf(command));
      io.stdout(`master key ${from} is replaced by ${to}; data keys wrapped anew: ${rewrapped}\n`);
      io.stderr(
        [
          `${from} is kept in ${keptIn}: backups that were made before need it.`,
          `When none is needed any more: espmint keys forget ${from}`,
          'Every other station of this registry needs the new key: copy the key file there and run "espmint keys import FILE".',
          '',
        ].join('\n'),
      );
    });
}

function toJson(report: KeysReport, more: object = {}): { readonly type: 'keys' } {
  const { fault, ...reported } = report;
  const why = fault === undefined ? {} : { code: fault.code, message: fault.message };
  return { type: 'keys', ...reported, ...why, ...more };
}

function describe({ registry, wanted, asOf, fault, keys, missing }: KeysReport): string {
  const lines = keys.map(({ id, isUsed, sealsRegistry, localSecrets }) => {
    const opens = [
      ...(sealsRegistry ? ['this registry'] : []),
      ...(localSecrets > 0 ? [`${localSecrets} sealed records of this computer`] : []),
      ...(isUsed ? [] : ['what was sealed before it was replaced, such as backups']),
    ];
    return `${id}  ${isUsed ? 'used' : 'kept'}  opens ${opens.length === 0 ? 'nothing yet' : opens.join(', ')}`;
  });
  const needs = wanted === undefined || wanted.length === 0 ? 'not known' : wanted.join(', ');
  const heard = asOf === undefined ? '' : ` (heard at ${asOf})`;
  return [
    ...(lines.length === 0 ? ['This computer has no master key yet.'] : lines),
    `registry ${registry} needs: ${needs}${heard}`,
    ...(fault === undefined ? [] : [fault.message]),
    ...missing.map(
      (id) =>
        `${id} is missing here: copy master.key from a computer whose "espmint keys list" names it, and run "espmint keys import FILE".`,
    ),
    '',
  ].join('\n');
}

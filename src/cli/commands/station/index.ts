// `espmint station`: many boards at once, plug in and done; `station teach` gives the places of a fixture their numbers.
import { Command, Option } from 'commander';
import {
  backendOption,
  collect,
  keysToOption,
  registryOption,
  traceOption,
  verifyOption,
} from '../../arguments/board-options.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import { countOption } from '../../arguments/numbers.js';
import { addWpsHookOptions } from '../../arguments/wps-hook.js';
import { offlineOption } from '../../arguments/offline.js';
import { operatorOption } from '../../compose/origin.js';
import { portListCommand } from './port-list.js';
import type { StationOptions } from './run-station.js';
import { stationsCommand } from './stations.js';
import type { TeachOptions } from './teach.js';

export function stationCommand(io: CliIo): Command {
  const command = new Command('station');
  addPortOptions(command);
  addPlanOptions(command);
  addRunOptions(command);
  addLabelOptions(command);
  return command
    .addOption(traceOption())
    .option('--json', 'print JSON Lines: one event a line')
    .action(async (_: unknown, self: Command) => {
      const { runStation } = await import('./run-station.js');
      await runStation(io, self.optsWithGlobals<StationOptions & GlobalOptions>());
    })
    .addCommand(teachCommand(io))
    .addCommand(stationsCommand(io))
    .addCommand(portListCommand(io));
}

function addPortOptions(command: Command): Command {
  return command
    .option(
      '-p, --port <address>',
      'only this device path, tcp:// or rfc2217:// address; repeat it (default: every ESP adapter that is plugged in)',
      collect,
    )
    .option('--usb-id <vendor:product>', 'also adapters with this USB id; repeat it', collect);
}

function addPlanOptions(command: Command): void {
  command
    .option('--profile <file>', 'what is the same for every board of the product; a batch brings its own')
    .option('--ca-url <url>', 'where the certificate authority answers')
    .option('--batch <name>', 'count the boards for this batch')
    .addOption(offlineOption())
    .addOption(
      new Option('--known <policy>', 'a device that is already provisioned').choices([
        'keep',
        'rotate',
        'refuse',
      ]),
    )
    .addOption(verifyOption())
    .option('--check', 'check each board before it leaves, as espmint verify does, and write nothing')
    .addOption(backendOption())
    .addOption(registryOption())
    .addOption(keysToOption());
  addWpsHookOptions(command);
}

function addRunOptions(command: Command): void {
  command
    .option('--name <station>', 'name of this station (default: the host name)')
    .addOption(operatorOption())
    .addOption(
      new Option('--start <how>', 'what starts a board')
        .choices(['auto', 'key'])
        .default('auto', 'plugging it in'),
    )
    .option('--max-running <count>', 'boards that run at once', countOption('--max-running', { min: 1 }))
    .option('--retries <count>', 'further runs of a board that failed', countOption('--retries', { min: 0 }))
    .option(
      '--stop-slot <count>',
      'same failure in a row that holds a slot; 0: never',
      countOption('--stop-slot', { min: 0 }),
    )
    .option(
      '--stop-batch <count>',
      'same failure in a row that pauses the station and its batch; 0: never',
      countOption('--stop-batch', { min: 0 }),
    )
    .option('--until-full', 'end when the batch has all its boards');
}

function addLabelOptions(command: Command): void {
  command
    .option('--label <file>', 'label template, printed on pass')
    .option('--printer <address>', 'ZPL printer, tcp://host:9100')
    .option('--scan-back', 'a board passes only when the code of its label was scanned');
}

function teachCommand(io: CliIo): Command {
  const command = new Command('teach').description(
    'number the places of a fixture: plug one board after the other into slot 1, 2, 3, ...; Ctrl-C saves',
  );
  return addPortOptions(command).action(async (_: unknown, self: Command) => {
    const { teach } = await import('./teach.js');
    await teach(io, self.optsWithGlobals<TeachOptions & GlobalOptions>());
  });
}

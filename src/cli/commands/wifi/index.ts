// `espmint wifi`: bring a board in the field onto a network, in whichever way its firmware offers; and what belongs to it.
import { Command } from 'commander';
import type { CliIo } from '../../io.js';
import { consoleCommand } from './console.js';
import { scanCommand } from './scan.js';
import { labelTextCommand, pinCommand, verifierCommand } from './secrets.js';
import { setCommand } from './set.js';
import { smartConfigCommand } from './smartconfig.js';
import { watchCommand } from './watch.js';
import { wpsCommand } from './wps.js';

export function wifiCommand(io: CliIo): Command {
  return new Command('wifi')
    .addCommand(setCommand(io))
    .addCommand(scanCommand(io))
    .addCommand(consoleCommand(io))
    .addCommand(smartConfigCommand(io))
    .addCommand(wpsCommand(io))
    .addCommand(watchCommand(io))
    .addCommand(pinCommand(io))
    .addCommand(verifierCommand(io))
    .addCommand(labelTextCommand(io));
}

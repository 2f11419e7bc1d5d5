// The tree of commands and the options that all of them share.
import { Command } from 'commander';
import { demoCommand } from './commands/demo.js';
import { devicesCommand } from './commands/devices.js';
import { doctorCommand } from './commands/doctor.js';
import { identityCommand } from './commands/identity.js';
import { inspectCommand } from './commands/inspect.js';
import { portsCommand } from './commands/ports.js';
import { profileCommand } from './commands/profile.js';
import { provisionCommand } from './commands/provision.js';
import { virtualCommand } from './commands/virtual.js';
import type { CliIo } from './io.js';
import { VERSION } from './version.js';

export function buildProgram(io: CliIo): Command {
  const program = new Command('espmint')
    .description('Gives every ESP32 its identity: MAC, UUID, key, NVS image, proof and registry entry.')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--data-dir <dir>', 'where espmint keeps its state (or ESPMINT_DATA_DIR)')
    .option('--debug', 'print stack traces with errors')
    .showHelpAfterError('(run it with --help to see the options)');
  const commands = [
    provisionCommand(io),
    inspectCommand(io),
    identityCommand(io),
    portsCommand(io),
    devicesCommand(io),
    profileCommand(io),
    virtualCommand(io),
    demoCommand(io),
    doctorCommand(io),
  ];
  for (const command of commands) program.addCommand(command);
  exitByException(program, io);
  return program;
}

/** Commander ends the process by itself unless told otherwise, command by command. */
function exitByException(command: Command, io: CliIo): void {
  command.exitOverride().configureOutput({ writeOut: io.stdout, writeErr: io.stderr });
  for (const child of command.commands) exitByException(child, io);
}

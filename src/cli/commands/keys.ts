// `espmint keys`: the master key behind the sealed secrets.
import { Command } from 'commander';
import { rotateMasterKey } from '../../registry/index.js';
import { registryOptions } from '../compose/compose.js';
import { type CliIo, type GlobalOptions } from '../io.js';

export function keysCommand(io: CliIo): Command {
  return new Command('keys').addCommand(
    new Command('rotate')
      .description('make a new master key and wrap the sealing keys with it, while everybody goes on working')
      .action(async (_options: object, command: Command) => {
        const { from, to, rewrapped } = await rotateMasterKey(
          registryOptions(io, command.optsWithGlobals<GlobalOptions>()),
        );
        io.stdout(`master key ${from} is replaced by ${to}; sealing keys wrapped anew: ${rewrapped}\n`);
        io.stderr('Stations that share this registry need a copy of the new key file.\n');
      }),
  );
}

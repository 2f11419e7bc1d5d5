// `espmint devices remove`: a device out of use, kept with its history.
import { Command } from 'commander';
import { removeDevice } from '../../../registry/index.js';
import { registryOptions } from '../../compose/compose.js';
import type { CliIo, GlobalOptions } from '../../io.js';
import { pushBriefly } from '../../compose/push-briefly.js';
import { parseDeviceName } from '../../../core/device-name.js';
import { withRegistry } from './with-registry.js';

export function removeCommand(io: CliIo): Command {
  return new Command('remove')
    .description(
      'take a device out of use; its history and keys stay, and who removed it and why is recorded',
    )
    .argument('<device>', 'MAC, UUID or serial number')
    .requiredOption('--reason <text>', 'why it is removed')
    .action((name: string, { reason }: { reason: string }, command: Command) =>
      // Opened first, so that the registry hears what the journal still has to tell.
      withRegistry(io, command, async (_registry, composed) => {
        const options = registryOptions(io, command.optsWithGlobals<GlobalOptions>());
        const { mac, uuid } = await removeDevice(options, parseDeviceName(name), reason);
        io.stdout(`removed ${mac} (${uuid})\n`);
        await pushBriefly(io, composed);
      }),
    );
}

// `espmint devices remove`: a device out of use, kept with its history.
import { Command } from 'commander';
import type { CliIo } from '../../io.js';
import { pushBriefly } from '../../compose/push-briefly.js';
import { parseDeviceName } from '../../../core/device-name.js';
import { withAdministration } from './with-registry.js';

export function removeCommand(io: CliIo): Command {
  return new Command('remove')
    .description(
      'take a device out of use; its history and keys stay, and who removed it and why is recorded',
    )
    .argument('<device>', 'MAC, UUID or serial number')
    .requiredOption('--reason <text>', 'why it is removed')
    .action((name: string, { reason }: { reason: string }, command: Command) =>
      withAdministration(io, command, async (administration, composed) => {
        const { mac, uuid } = await administration.removeDevice(parseDeviceName(name), { reason });
        io.stdout(`removed ${mac} (${uuid})\n`);
        await pushBriefly(io, composed);
      }),
    );
}

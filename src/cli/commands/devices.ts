// `espmint devices`: what the registry holds, and the one way to see a key.
import { parseDeviceName } from '../../core/device-name.js';
import { pushBriefly } from '../compose/push-briefly.js';
import { Command } from 'commander';
import { parseMac } from '../../core/mac.js';
import type { CliIo } from '../io.js';
import { processUser } from '../../registry/process-user.js';
import { auditCommand } from './devices/audit.js';
import { conflictsCommand, resolveCommand } from './devices/conflicts.js';
import { exportCommand, importCommand } from './devices/files.js';
import { listCommand } from './devices/list.js';
import { showCommand } from './devices/show.js';
import { withRegistry, withAdministration } from './devices/with-registry.js';

export function devicesCommand(io: CliIo): Command {
  return new Command('devices')
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(auditCommand(io))
    .addCommand(revealCommand(io))
    .addCommand(removeCommand(io))
    .addCommand(conflictsCommand(io))
    .addCommand(resolveCommand(io))
    .addCommand(exportCommand(io))
    .addCommand(importCommand(io));
}

function revealCommand(io: CliIo): Command {
  return new Command('reveal')
    .description('print the PSK of a device; who asked and why is recorded')
    .argument('<mac>', 'MAC of the device')
    .requiredOption('--reason <text>', 'why the key is needed')
    .action((mac: string, { reason }: { reason: string }, command: Command) =>
      withRegistry(io, command, async (registry) => {
        io.stdout(`${await registry.reveal(parseMac(mac), reason, { actor: processUser() })}\n`);
      }),
    );
}

// `espmint devices remove`: a device out of use, kept with its history.
function removeCommand(io: CliIo): Command {
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
        await pushBriefly(io, composed, (await composed.registry.status()).pushes);
      }),
    );
}

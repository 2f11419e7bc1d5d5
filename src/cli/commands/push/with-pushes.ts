// The pushes of the registry that the options name, for the length of one command.
import type { Command } from 'commander';
import { openPushes, type Pushes } from '../../../registry/index.js';
import { registryOptions } from '../../compose/compose.js';
import type { CliIo, GlobalOptions } from '../../io.js';

/** Opens them, works with them, and closes them. @throws as openPushes, and what `work` throws */
export async function withPushes(
  io: CliIo,
  command: Command,
  work: (pushes: Pushes) => Promise<void>,
): Promise<void> {
  const pushes = await openPushes(registryOptions(io, command.optsWithGlobals<GlobalOptions>()));
  try {
    await work(pushes);
  } finally {
    await pushes.close();
  }
}

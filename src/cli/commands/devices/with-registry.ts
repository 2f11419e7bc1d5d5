// The registry of a command's options, open for as long as its work lasts.
import type { Command } from 'commander';
import type { Registry } from '../../../registry/index.js';
import { composeRegistry } from '../../compose/compose.js';
import type { CliIo, GlobalOptions } from '../../io.js';

export async function withRegistry(
  io: CliIo,
  command: Command,
  work: (registry: Registry) => Promise<void>,
): Promise<void> {
  const registry = await composeRegistry(io, command.optsWithGlobals<GlobalOptions>());
  try {
    await work(registry);
  } finally {
    await registry.close();
  }
}

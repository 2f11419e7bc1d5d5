// The registry of a command's options, open for as long as its work lasts.
import type { Command } from 'commander';
import type { Registry } from '../../../registry/index.js';
import { composeStore, type ComposedStore } from '../../compose/compose.js';
import type { CliIo, GlobalOptions } from '../../io.js';

export async function withRegistry(
  io: CliIo,
  command: Command,
  work: (registry: Registry, composed: ComposedStore) => Promise<void>,
): Promise<void> {
  const composed = await composeStore(io, command.optsWithGlobals<GlobalOptions>());
  const { registry, store } = composed;
  try {
    await work(registry, composed);
  } finally {
    await store?.close();
    await registry.close();
  }
}

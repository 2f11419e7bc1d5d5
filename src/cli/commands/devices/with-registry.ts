// The registry of a command's options, open for as long as its work lasts.
import type { Command } from 'commander';
import type { Administration, Registry } from '../../../registry/index.js';
import { composeDatabase, type ComposedDatabase } from '../../compose/compose.js';
import type { CliIo, GlobalOptions } from '../../io.js';

export async function withRegistry(
  io: CliIo,
  command: Command,
  work: (registry: Registry, composed: ComposedDatabase) => Promise<void>,
): Promise<void> {
  const composed = await composeDatabase(io, command.optsWithGlobals<GlobalOptions>());
  const { registry, store } = composed;
  try {
    await work(registry, composed);
  } finally {
    await store.close();
    await registry.close();
  }
}

/** An administrator's work in the same database. What the spool owes it is there before. */
export function withAdministration(
  io: CliIo,
  command: Command,
  work: (administration: Administration, composed: ComposedDatabase) => Promise<void>,
): Promise<void> {
  return withRegistry(io, command, async (_registry, composed) => {
    const administration = composed.store.administration();
    try {
      await work(administration, composed);
    } finally {
      await administration.close();
    }
  });
}

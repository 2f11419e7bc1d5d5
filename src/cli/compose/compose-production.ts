// Builds what stations share for one command: batches and runs, in the database that the options name.
import { openProduction, type Production } from '../../registry/index.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { registryOptions } from './compose.js';

/** Opens it, works with it, and closes it. */
export async function withProduction<T>(
  io: CliIo,
  options: GlobalOptions,
  work: (production: Production) => Promise<T>,
): Promise<T> {
  const production = await openProduction(registryOptions(io, options));
  try {
    return await work(production);
  } finally {
    await production.close();
  }
}

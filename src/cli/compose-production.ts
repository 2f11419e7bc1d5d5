// Builds what stations share: batches and runs, in the database that the options name.
import { openProduction, type Production } from '../registry/index.js';
import { dataDirOf } from './compose.js';
import type { CliIo, GlobalOptions } from './io.js';

/** The caller closes it. */
export function composeProduction(io: CliIo, options: GlobalOptions): Promise<Production> {
  const databaseUrl = options.databaseUrl ?? io.env['ESPMINT_DATABASE_URL'];
  return openProduction({ dataDir: dataDirOf(io, options), databaseUrl, signal: io.signal, env: io.env });
}

/** Opens it, works with it, and closes it. */
export async function withProduction<T>(
  io: CliIo,
  options: GlobalOptions,
  work: (production: Production) => Promise<T>,
): Promise<T> {
  const production = await composeProduction(io, options);
  try {
    return await work(production);
  } finally {
    await production.close();
  }
}

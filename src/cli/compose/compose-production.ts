// Builds what stations share: batches and runs, in the database that the options name.
import { type OfflinePlaces, openProduction, type Production } from '../../registry/index.js';
import { databaseUrlOf, dataDirOf } from './compose.js';
import type { CliIo, GlobalOptions } from '../io.js';

/** The caller closes it. */
export function composeProduction(
  io: CliIo,
  options: GlobalOptions,
  offline?: OfflinePlaces,
): Promise<Production> {
  const databaseUrl = databaseUrlOf(io, options);
  const { signal, env } = io;
  const { whenRegistryDown: whenDown } = options;
  return openProduction({ dataDir: dataDirOf(io, options), databaseUrl, whenDown, signal, env }, offline);
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

/** One that is opened with its first call, and by the next one again where that failed: a service starts without it. */
export function productionOnDemand(io: CliIo, options: GlobalOptions, offline: OfflinePlaces): Production {
  let opened: Promise<Production> | undefined;
  const open = (): Promise<Production> =>
    (opened ??= composeProduction(io, options, offline).catch((error: unknown) => {
      opened = undefined;
      throw error;
    }));
  return {
    batches: forwarding(async () => (await open()).batches),
    runs: forwarding(async () => (await open()).runs),
    ports: async (station) => (await open()).ports(station),
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** Each method asks for the real object first. */
function forwarding<T extends object>(get: () => Promise<T>): T {
  const methodOf =
    (name: string): Method =>
    async (...args) => {
      const target = (await get()) as Record<string, Method | undefined>;
      return target[name]?.(...args);
    };
  return new Proxy({} as T, { get: (_, name) => methodOf(String(name)) });
}

// Builds the parts of the service: registry, serial ports, virtual boards, and where the dashboard lies.
import { fileURLToPath } from 'node:url';
import { EspmintError } from '../../core/errors/index.js';
import type { ProvisionParts } from '../../provision/index.js';
import type { LogLevel, ServiceParts, VirtualBoards } from '../../service/index.js';
import {
  composeStore,
  connectorFor,
  databaseUrlOf,
  dataDirOf,
  type BackendChoice,
  type RegistryChoice,
} from './compose.js';
import type { CliIo, GlobalOptions } from '../io.js';
import { offlineUnits, type OfflineChoice } from '../arguments/offline.js';
import type { VirtualBench } from './virtual-bench.js';

export interface ServiceChoice extends RegistryChoice, BackendChoice, OfflineChoice, GlobalOptions {
  /** Virtual boards to begin with. */
  readonly boards?: number | undefined;
  readonly logLevel?: LogLevel | undefined;
}

export interface ComposedService {
  readonly parts: ServiceParts;
  /** After the service has stopped. */
  close(): Promise<void>;
}

const LINK_TIMEOUT_MS = 5_000;
const START_BAUD = 115_200;

/** The built dashboard, beside this program. */
export const WEB_DIR = fileURLToPath(new URL('../../web/', import.meta.url));

export async function composeService(io: CliIo, options: ServiceChoice): Promise<ComposedService> {
  // A stop signal must not take the registry from boards that are still finishing: it ends the opening, and no more.
  const ending = new AbortController();
  const end = (): void => ending.abort();
  io.signal.addEventListener('abort', end);
  const steady = { ...io, signal: ending.signal };
  // The most to load, and then it waits for a server that starts: all else is loaded meanwhile.
  const { probeRegistry } = await import('../../registry/index.js');
  const [{ registry, store }, { listPorts, openLink }, { createLog }, { HOST_AIR }] = await Promise.all([
    composeStore(steady, options),
    import('../../driver/index.js'),
    import('../../service/log.js'),
    import('../../wifi/index.js'),
  ]);
  io.signal.removeEventListener('abort', end);
  const production = await store?.production(offlineUnits(steady, options));
  const values = store?.values();
  const firmware = store?.firmware();
  const log = createLog(options.logLevel ?? 'warn', (line) => io.stderr(line));
  const pushes = store?.deliver((line) => log.warn({}, line));
  const administration = store?.administration();
  await store?.close();
  const virtual = new LazyBench();
  const { boards = 0 } = options;
  if (boards > 0) await virtual.add({ count: boards });
  return {
    parts: {
      registry,
      values,
      firmware,
      pushes: pushes === undefined ? undefined : () => pushes.get(),
      production,
      administration,
      openBoard: (port, signal) =>
        virtual.bench?.transport.accepts(port) === true
          ? virtual.bench.transport.open(port, { baud: START_BAUD, timeoutMs: LINK_TIMEOUT_MS, signal })
          : openLink(port, { signal }),
      openPrinter: (address) => openLink(address),
      connect: connectAny(virtual, connectorFor(options, dataDirOf(io, options), io.trace)),
      listPorts,
      virtualBoards: virtual,
      airOf: (port) => virtual.bench?.airOf(port) ?? HOST_AIR,
      probeRegistry: (databaseUrl, signal) =>
        probeRegistry(databaseUrl, { signal, env: io.env, configured: databaseUrlOf(io, options) }),
      env: io.env,
      log,
      boardsEnded: end,
    },
    close: async () => {
      end();
      virtual.bench?.close();
      await pushes?.close();
      await administration?.close();
      await values?.close();
      await firmware?.close();
      await production?.close();
      await registry.close();
    },
  };
}

/** Of a service without virtual boards the code of virtual chips is not loaded. */
class LazyBench implements VirtualBoards {
  bench: VirtualBench | undefined;

  list(): ReturnType<VirtualBoards['list']> {
    return this.bench?.list() ?? [];
  }

  async add(
    request: Parameters<VirtualBoards['add']>[0],
  ): Promise<Awaited<ReturnType<VirtualBoards['add']>>> {
    const { createVirtualBench } = await import('./virtual-bench.js');
    return (this.bench ??= createVirtualBench()).add(request);
  }

  remove(ports?: readonly string[]): void {
    this.bench?.remove(ports);
  }

  pressWps(port: string): boolean {
    return this.#loaded(port).pressWps(port);
  }

  plug(port: string, plugged: boolean, fresh: boolean): ReturnType<VirtualBoards['plug']> {
    return this.#loaded(port).plug(port, plugged, fresh);
  }

  #loaded(port: string): VirtualBench {
    if (this.bench === undefined) throw new EspmintError('PORT_UNKNOWN', { port });
    return this.bench;
  }
}

/** Virtual boards live in this process; everything else is the driver's. */
function connectAny(virtual: LazyBench, connectPort: ProvisionParts['connect']): ProvisionParts['connect'] {
  return async (port, options) => {
    const transport = virtual.bench?.transport;
    if (transport?.accepts(port) !== true) return connectPort(port, options);
    const { expectChip, baud, signal } = options;
    const link = await transport.open(port, { baud: START_BAUD, timeoutMs: LINK_TIMEOUT_MS, signal });
    const { connectBoard } = await import('../../driver/index.js');
    return connectBoard(link, { expectChip, baud, signal });
  };
}

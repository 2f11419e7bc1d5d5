// The only place that builds real parts: transports, loader and registry for the commands. Each is loaded when it is
// built: every command asks this file for its settings, and few need them all.
import { warningOf, invalidInput } from '../../core/errors/index.js';
import type { Board, DriverEvent, FolderLender } from '../../driver/index.js';
import type { ConnectOptions, ProvisionParts } from '../../provision/index.js';
import { defaultDataDir } from '../../registry/data-dir.js';
import type { Registry, RegistryOptions, Store } from '../../registry/index.js';
import type { Trace } from './trace-file.js';
import type { CliIo, GlobalOptions } from '../io.js';

export interface RegistryChoice {
  /** Absent: the embedded PostgreSQL. */
  readonly registry?: 'embedded' | 'none';
  /** With `none`: where the keys are kept. */
  readonly keysTo?: string;
}

/** Who speaks to the board: our own driver, or the user's own esptool. */
export const BACKENDS = ['native', 'esptool'] as const;
type Backend = (typeof BACKENDS)[number];

export interface BackendChoice {
  /** Absent: `native`. */
  readonly backend?: Backend;
}

export interface ComposedParts extends ProvisionParts {
  /** The database behind the registry; absent where keys go to a file. */
  readonly store: Store | undefined;
  /** Closes the registry and leaves the store to what else was taken of it. */
  close(): Promise<void>;
}

/** Parts of a provisioning run; the caller closes them. */
export async function composeParts(
  io: CliIo,
  options: RegistryChoice & BackendChoice & GlobalOptions & { readonly crossCheck?: boolean },
): Promise<ComposedParts> {
  const { registry, store } = await composeStore(io, options);
  const values = store?.values();
  return {
    connect: connectorFor(options, dataDirOf(io, options), io.trace),
    registry,
    values,
    crossCheck: options.crossCheck === true ? crossCheckWith(io, dataDirOf(io, options)) : undefined,
    store,
    close: async () => {
      await values?.close();
      await store?.close();
      await registry.close();
    },
  };
}

/** Espressif's own generator, where it is installed. */
function crossCheckWith({ env, signal }: CliIo, dataDir: string): NonNullable<ProvisionParts['crossCheck']> {
  return async (image) => {
    const { crossCheckImage } = await import('./cross-check.js');
    await crossCheckImage({ env, signal, dataDir }, { image, sizeBytes: image.length, version: 2 });
  };
}

/** The registry that the options name, and the database behind it; the caller closes both. */
export interface ComposedStore {
  readonly registry: Registry;
  /** Absent where keys go to a file. */
  readonly store: Store | undefined;
}

export type ComposedDatabase = ComposedStore & { readonly store: Store };

export async function composeStore(
  io: CliIo,
  options: RegistryChoice & GlobalOptions,
): Promise<ComposedStore> {
  const { registry = 'embedded', keysTo } = options;
  if (registry !== 'none' && keysTo === undefined) return composeDatabase(io, options);
  const { openKeyFile, removeLeftFolders } = await import('../../registry/files.js');
  await removeLeftFolders(dataDirOf(io, options));
  if (registry === 'none') return { registry: await openKeyFile(requireKeysTo(keysTo)), store: undefined };
  throw invalidInput(
    '--keys-to',
    'is given, but the keys go to the registry',
    'add --registry none, or leave it out',
  );
}

export async function composeDatabase(io: CliIo, options: GlobalOptions): Promise<ComposedDatabase> {
  // The most of what a command loads, PostgreSQL's client with it: only where there is a database.
  const { removeLeftFolders, Store } = await import('../../registry/index.js');
  await removeLeftFolders(dataDirOf(io, options));
  const store = await Store.open(registryOptions(io, options));
  try {
    return { registry: await store.registry(), store };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The registry alone; the caller closes it. */
export async function composeRegistry(io: CliIo, options: RegistryChoice & GlobalOptions): Promise<Registry> {
  const { registry, store } = await composeStore(io, options);
  await store?.close();
  return registry;
}

/** What the registry needs of a command's settings. */
export function registryOptions(io: CliIo, options: GlobalOptions): RegistryOptions {
  return {
    dataDir: dataDirOf(io, options),
    databaseUrl: databaseUrlOf(io, options),
    binDir: options.postgresBin,
    whenDown: options.whenRegistryDown,
    secrets: options.secrets,
    env: io.env,
    signal: io.signal,
  };
}

/** `--data-dir`, then ESPMINT_DATA_DIR, then the usual place of this platform. @throws INPUT_INVALID */
export function dataDirOf(io: CliIo, options: GlobalOptions): string {
  if (options.dataDir?.trim() === '') {
    // The folder of the moment would get a registry of its own.
    const hint = 'give a folder, or leave it out';
    throw invalidInput('--data-dir', 'names no folder', hint);
  }
  return options.dataDir ?? setVariable(io, 'ESPMINT_DATA_DIR') ?? defaultDataDir();
}

/** The user's own server; undefined for the embedded one. */
export function databaseUrlOf(io: CliIo, options: GlobalOptions): string | undefined {
  return options.databaseUrl ?? setVariable(io, 'ESPMINT_DATABASE_URL');
}

/** One that is empty counts as not set, as it is meant where a form or a script fills it in. */
function setVariable(io: CliIo, name: string): string | undefined {
  const value = io.env[name];
  return value === '' ? undefined : value;
}

/** Opens one port and resets its board into the loader: the whole connect of one try. */
async function connectPort(port: string, options: ConnectOptions, trace: Trace | undefined): Promise<Board> {
  const { expectChip, baud, trustMac, signal, onWarning } = options;
  const { connectBoard, openLink } = await import('../../driver/index.js');
  const opened = await openLink(port, { signal });
  const link = trace?.wrap(opened) ?? opened;
  return connectBoard(link, {
    expectChip,
    baud,
    trustMac,
    signal,
    onEvent: (event) => {
      trace?.event(link.address, event);
      warnOf(port, event, onWarning);
    },
  });
}

/** The connect of the chosen backend. */
export function connectorFor(
  { backend }: BackendChoice,
  dataDir: string,
  trace: Trace | undefined,
): ProvisionParts['connect'] {
  if (backend !== 'esptool') return (port, options) => connectPort(port, options, trace);
  if (trace !== undefined) {
    throw invalidInput(
      '--trace',
      'records what espmint itself says to a board, and --backend esptool lets esptool speak',
      'leave one of them out',
    );
  }
  return async (port, { expectChip, baud, signal }) => {
    const { connectWithEsptool } = await import('../../driver/index.js');
    const { withWorkFolder } = await import('../../registry/files.js');
    const withFolder: FolderLender = (use) => withWorkFolder(dataDir, use);
    return connectWithEsptool(port, { expectChip, baud, signal, withFolder });
  };
}

/** What the driver mended by itself is worth knowing: a cable that needs it today fails tomorrow. */
function warnOf(port: string, event: DriverEvent, onWarning: ConnectOptions['onWarning']): void {
  if (event.type === 'baud-fallback') {
    const { from, to, reason } = event;
    onWarning(warningOf('BAUD_LOWERED', { port, from, to, reason }));
  }
  if (event.type === 'retry') {
    const { what, reason } = event;
    onWarning(warningOf('STEP_REPEATED', { port, what, reason }));
  }
}

function requireKeysTo(keysTo: string | undefined): string {
  if (keysTo !== undefined) return keysTo;
  throw invalidInput(
    '--registry none',
    'leaves the keys without a place',
    'name the file that keeps them with --keys-to FILE',
  );
}

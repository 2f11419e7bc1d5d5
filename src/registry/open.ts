// One store: devices, batches, runs and pushes of one database that is opened once. All share its connections, its master
// keys and what is known of an outage; the last of them that is closed closes the connections.
import type { DeviceFields } from '../core/device-table/index.js';
import { EspmintError, type EspmintError as Failure } from '../core/errors/index.js';
import { type Administration, administrationOf } from './admin/administration.js';
import type { AuditFilter, AuditPage } from './admin/audit.js';
import type { ExportOptions } from './admin/export-devices.js';
import type { ImportOptions, LineSource } from './admin/import/import-devices.js';
import type { ImportReport } from './admin/import/merge.js';
import { RegistryCopy } from './admission/registry-copy.js';
import { type OfflineUnits, openBatches, type Production } from './batches/open.js';
import { PostgresRegistry } from './devices/postgres-registry.js';
import { PUSH_PACE, type PushPace } from './push/pace.js';
import { PostgresPushes } from './push/postgres-pushes.js';
import type { Pushes } from './push/push.js';
import { deliverInBackground, type PushService } from './push/service.js';
import type { DeviceName, DeviceRecord, Registry } from './registry.js';
import { Journal } from './spool/journal.js';
import { Spool } from './spool/spool.js';
import { SpoolRegistry } from './spool/spool-registry.js';
import { patienceOf, type RegistryOptions } from './store/connect.js';
import { isDown } from './store/outage.js';
import { openDatabase, type OpenDatabase } from './store/open-database.js';
import { localKeys } from './store/secrets/local-keys.js';
import { plainBox } from './store/secrets/secret-box.js';
import { FirmwareStore } from './firmware/firmware-store.js';
import { PostgresValues } from './values/postgres-values.js';
import type { Values } from './values/values.js';

export interface PushOptions extends RegistryOptions {
  /** For tests that cannot wait for a day. */
  readonly pace?: Partial<PushPace> | undefined;
}

export class Store {
  readonly #options: RegistryOptions;
  readonly #open: OpenDatabase;
  #registry: Registry | undefined;

  private constructor(options: RegistryOptions, open: OpenDatabase) {
    this.#options = options;
    this.#open = open;
  }

  /**
   * Loads the keys; nothing is connected yet.
   *
   * @throws DATA_DIR_UNUSABLE, MASTER_KEY_INVALID, INPUT_INVALID, FILE_*
   */
  static async open(options: RegistryOptions = {}): Promise<Store> {
    return new Store(options, await openDatabase(options));
  }

  /**
   * The devices, with the key journal before them, connected. The embedded server is started if nobody has yet, and
   * stopped when the last espmint process leaves it.
   *
   * @throws EMBEDDED_*, REGISTRY_*, SECRET_UNREADABLE, FILE_*, DISK_FULL, CANCELLED
   */
  async registry(): Promise<Registry> {
    const { whenDown = 'continue', secrets = 'sealed' } = this.#options;
    const { dataDir, masters, box } = this.#open;
    const database = this.#view(whenDown === 'continue');
    const { description } = database.source;
    const copy = new RegistryCopy(dataDir, description);
    const spool = new Spool({
      journal: await Journal.open(dataDir),
      copy,
      keys: localKeys(masters, 'journal'),
      description,
      whenDown,
      database: new PostgresRegistry(database, secrets === 'plain' ? plainBox(box) : box),
      outage: database.outage,
      mayStartWithout: (failure) => this.#mayStartWithout(copy, failure),
    });
    try {
      await spool.start();
      return (this.#registry = new SpoolRegistry(spool));
    } catch (error) {
      await spool.close();
      throw error;
    }
  }

  /**
   * What stations share. A place in a batch is only given by the database; a station that reserves units goes on with
   * those when it is out of reach.
   *
   * @param offline absent: no station, every call needs the database
   * @throws FILE_*, DISK_FULL
   */
  production(offline?: OfflineUnits): Promise<Production> {
    const { whenDown = 'continue' } = this.#options;
    const { dataDir, masters, box } = this.#open;
    const goesOn = whenDown === 'continue' && (offline?.boards ?? 0) > 0;
    const registry = this.#registry;
    return openBatches({
      dataDir,
      database: this.#view(goesOn),
      box,
      ownKeys: localKeys(masters, 'reserved units'),
      offline,
      // A unit that its batch counts is in the registry with its key: what the journal still holds goes first.
      keysFirst:
        registry === undefined
          ? undefined
          : async () => {
              const { reachable, pendingSync } = await registry.status();
              return reachable && pendingSync === 0;
            },
    });
  }

  /** Firmware bundles. */
  firmware(): FirmwareStore {
    const { whenDown = 'continue' } = this.#options;
    return new FirmwareStore(this.#view(whenDown === 'continue'), this.#open.dataDir);
  }

  /** Lists of values of its own for each board. */
  values(): Values {
    return new PostgresValues(this.#view(false), this.#open.box);
  }

  /** Pushes for the length of some calls. */
  pushes(pace: Partial<PushPace> = {}): Pushes {
    const { env = process.env, signal } = this.#options;
    return this.#pushes({ env, pace, signal });
  }

  /** Delivers pushes from now on, also when the database is out of reach at first. @param onNote called with what goes wrong */
  deliver(onNote: (text: string) => void, pace: Partial<PushPace> = {}): PushService {
    const { env = process.env } = this.#options;
    // Not the stop signal of the program: it must not take the database from a delivery that is being written down.
    const ending = new AbortController();
    const pushes = this.#pushes({ env, pace, signal: ending.signal });
    const open = (): Promise<Pushes> => connected(pushes);
    const service = deliverInBackground({ open, restMs: { ...PUSH_PACE, ...pace }.restMs, onNote });
    const close = async (): Promise<void> => {
      ending.abort();
      await service.close();
      await pushes.close();
    };
    return { get: () => service.get(), close };
  }

  /** What an administrator does there. */
  administration(): Administration {
    const { secrets = 'sealed' } = this.#options;
    const { box } = this.#open;
    return administrationOf({ database: this.#view(false), box: secrets === 'plain' ? plainBox(box) : box });
  }

  /** @throws EMBEDDED_*, REGISTRY_*, SECRET_UNREADABLE, CANCELLED */
  async connect(): Promise<void> {
    await this.#open.database.connected('migrations', () => Promise.resolve());
  }

  /** To be called once its parts were taken: they go on. Never throws; may be called again. */
  async close(): Promise<void> {
    await this.#open.database.close();
  }

  #pushes({
    env,
    pace,
    signal,
  }: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly pace: Partial<PushPace>;
    readonly signal?: AbortSignal | undefined;
  }): Pushes {
    const database = this.#open.database.view({ patienceMs: patienceOf(this.#options, false), signal });
    // Also with `secrets: 'plain'`, which is about the column that other programs read, settings are sealed.
    return new PostgresPushes({ database, box: this.#open.box, env, pace: { ...PUSH_PACE, ...pace } });
  }

  #view(goesOn: boolean): OpenDatabase['database'] {
    return this.#open.database.view({ patienceMs: patienceOf(this.#options, goesOn) });
  }

  /**
   * A computer goes on without a registry only by what it has learnt from it: the key that it is sealed with, and whom it
   * does not admit.
   *
   * @throws REGISTRY_NEVER_REACHED, SECRET_UNREADABLE, ADMISSION_LISTS_UNREADABLE
   */
  async #mayStartWithout(copy: RegistryCopy, failure: Failure): Promise<void> {
    const { masters, database } = this.#open;
    const target = database.source.description;
    const known = await copy.find();
    if (known === undefined) {
      // Somebody has said which key it is, and this computer has never worked with any other registry.
      if (masters.isGiven && (await copy.isFirst())) return;
      throw new EspmintError('REGISTRY_NEVER_REACHED', { target, reason: reasonIn(failure) });
    }
    masters.require(`the registry at ${target}`, known.masterIds);
    masters.noteRegistrys(known.masterIds[0]);
  }
}

function reasonIn({ details, message }: Failure): string {
  const reason = (details as { readonly reason?: unknown } | undefined)?.reason;
  return typeof reason === 'string' ? reason : message;
}

/** The devices alone. @throws as Store.open and Store.registry */
export async function openRegistry(options: RegistryOptions = {}): Promise<Registry> {
  return withStore(options, (store) => store.registry());
}

/**
 * What stations share alone, connected, unless it may go on without.
 *
 * @throws as Store.open and Store.production, EMBEDDED_*, REGISTRY_*, SECRET_UNREADABLE, CANCELLED
 */
export async function openProduction(
  options: RegistryOptions = {},
  offline?: OfflineUnits,
): Promise<Production> {
  return withStore(options, async (store) => {
    const production = await store.production(offline);
    const { whenDown = 'continue' } = options;
    try {
      await store.connect();
    } catch (error) {
      // A station that reserves units starts without: calls that need the database fail until it is back.
      if (offline !== undefined && whenDown === 'continue' && isDown(error)) return production;
      await production.close();
      throw error;
    }
    return production;
  });
}

/** Pushes alone, connected. @throws as openProduction */
export async function openPushes({ pace, ...options }: PushOptions = {}): Promise<Pushes> {
  return withStore({ ...options, whenDown: 'stop' }, async (store) => {
    const pushes = store.pushes(pace);
    try {
      return await connected(pushes);
    } catch (error) {
      await pushes.close();
      throw error;
    }
  });
}

/**
 * One part of the database, connected, for the length of `work`.
 *
 * @throws as Store.open, EMBEDDED_*, REGISTRY_*, SECRET_UNREADABLE, CANCELLED, and what `take` and `work` throw
 */
export async function withPart<P extends { close(): Promise<void> }, T>(
  options: RegistryOptions,
  take: (store: Store) => P | Promise<P>,
  work: (part: P) => Promise<T>,
): Promise<T> {
  const part = await withStore(options, async (store) => {
    await store.connect();
    return take(store);
  });
  try {
    return await work(part);
  } finally {
    await part.close();
  }
}

/** An administrator's work alone. @throws as withPart */
export function administer<T>(
  options: RegistryOptions,
  work: (administration: Administration) => Promise<T>,
): Promise<T> {
  return withPart(options, (store) => store.administration(), work);
}

/** As Administration.exportDevices. @throws as withPart too */
export async function* exportDevices(
  options: RegistryOptions,
  exporting?: ExportOptions,
): AsyncGenerator<DeviceFields> {
  const administration = await withStore(options, (store) => Promise.resolve(store.administration()));
  try {
    yield* administration.exportDevices(exporting);
  } finally {
    await administration.close();
  }
}

/** As Administration.importDevices. @throws as withPart too */
export function importDevices(
  options: RegistryOptions,
  lines: LineSource,
  importing: ImportOptions,
): Promise<ImportReport> {
  return administer(options, (administration) => administration.importDevices(lines, importing));
}

/** As Administration.audit. @throws as withPart too */
export function readAudit(options: RegistryOptions, filter: AuditFilter = {}): Promise<AuditPage> {
  return administer(options, (administration) => administration.audit(filter));
}

/** As Administration.removeDevice. @throws as withPart too */
export function removeDevice(
  options: RegistryOptions,
  device: DeviceName,
  reason: string,
): Promise<DeviceRecord> {
  return administer(options, (administration) => administration.removeDevice(device, { reason }));
}

/** Delivers pushes from now on, with a store of its own. @param onNote called with what goes wrong */
export function startPushes(options: PushOptions, onNote: (text: string) => void): PushService {
  const { restMs } = { ...PUSH_PACE, ...options.pace };
  return deliverInBackground({ open: () => openPushes(options), restMs, onNote });
}

/** @throws what is wrong with the database */
async function connected(pushes: Pushes): Promise<Pushes> {
  await pushes.status();
  return pushes;
}

async function withStore<T>(options: RegistryOptions, take: (store: Store) => Promise<T>): Promise<T> {
  const store = await Store.open(options);
  try {
    return await take(store);
  } finally {
    await store.close();
  }
}

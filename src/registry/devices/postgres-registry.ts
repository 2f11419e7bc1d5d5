// The registry on PostgreSQL: each call is one statement or one transaction, which calls of the same kind share.
import type { FlashImage } from '../../core/flash-image.js';
import type { Conflict } from '../../core/conflict.js';
import { nameOfDevice } from '../../core/device-name.js';
import { EspmintError, toEspmintError } from '../../core/errors/index.js';
import { conflictError, findContradiction } from '../conflicts/detect.js';
import { resolveConflict } from '../conflicts/resolve.js';
import { countOpenConflicts, listConflicts, recordConflict } from '../conflicts/store.js';
import type { RegistryFacts } from '../admission/registry-copy.js';
import type {
  CheckResult,
  ConflictFilter,
  Decision,
  DeviceFilter,
  DeviceHistory,
  DeviceName,
  DevicePage,
  DeviceRecord,
  Failure,
  KeyRecord,
  Proof,
  Registry,
  RegistryStatus,
  Reservation,
  ReserveRequest,
  ScreenRequest,
} from '../registry.js';
import type { Asker } from '../process-user.js';
import { checkReason, checkWidths } from './request.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import { countPushes } from '../push/outbox.js';
import type { Database } from '../store/database.js';
import { list } from './list.js';
import { readFacts } from './lists.js';
import { lockNames } from '../store/lock.js';
import { Stop } from './match.js';
import { compareKey, find, openKey, recordCheck, recordLabel, recordReveal, show } from './read.js';
import { type OfflineReservation, replayReservation } from './replay.js';
import { reserve, reserveUnknown, screen } from './reserve.js';
import { toDeviceRecord } from './rows.js';
import { type AttemptUpdate, confirm, confirmOther, fail, noteImages, OTHER_BOARD } from './settle.js';
import { SharedStatement, SharedTransaction } from '../store/shared-transaction.js';

export class PostgresRegistry implements Registry {
  readonly #database: Database;
  readonly #box: SecretBox;
  readonly #histories: SharedStatement<DeviceName, DeviceHistory | undefined>;
  readonly #newDevices: SharedStatement<ReserveRequest, Reservation | undefined>;
  readonly #reservations: SharedTransaction<ReserveRequest, Reservation | Stop>;
  readonly #screenings: SharedTransaction<ScreenRequest, Stop | undefined>;
  readonly #images: SharedStatement<AttemptUpdate<FlashImage>, void>;
  readonly #proofs: SharedStatement<AttemptUpdate<Proof>, DeviceRecord | typeof OTHER_BOARD>;
  readonly #failures: SharedStatement<AttemptUpdate<Failure>, void>;

  /** @param box seals and opens inside of calls */
  constructor(database: Database, box: SecretBox) {
    this.#database = database;
    this.#box = box;
    this.#histories = new SharedStatement(database, 'show', show);
    this.#newDevices = new SharedStatement(database, 'reserve', (client, all) =>
      reserveUnknown(client, box, all),
    );
    this.#reservations = new SharedTransaction(database, 'reserve', (client, all) =>
      reserve(client, box, all),
    );
    this.#screenings = new SharedTransaction(database, 'screen', screen);
    this.#images = new SharedStatement(database, 'built', noteImages);
    this.#proofs = new SharedStatement(database, 'confirm', confirm);
    this.#failures = new SharedStatement(database, 'fail', fail);
  }

  get description(): string {
    return this.#database.source.description;
  }

  find(device: DeviceName): Promise<DeviceRecord | undefined> {
    return this.#database.connected('find', (client) => find(client, device));
  }

  async reserve(request: ReserveRequest): Promise<Reservation> {
    checkWidths(request);
    return (await this.#newDevices.run(request)) ?? orThrow(await this.#reservations.run(request));
  }

  async screen(board: ScreenRequest): Promise<void> {
    orThrow(await this.#screenings.run(board));
  }

  /**
   * Writes down a reservation that was made while this registry was out of reach, and its key in any case.
   *
   * @throws CLONE_SUSPECTED, HARDWARE_ID_TAKEN, UUID_TAKEN, MAC_TAKEN
   */
  async replay(offline: OfflineReservation): Promise<void> {
    const replayed = await this.#database.transaction('replay', (client) =>
      replayReservation(client, this.#box, offline),
    );
    orThrow(replayed);
  }

  /** Writes down a board that was refused meanwhile; one that contradicts nothing here has nothing to be decided. */
  async replayRefusal({ refused, facts, seenBy }: Conflict): Promise<void> {
    await this.#database.transaction('replay', async (client) => {
      const devices = (await lockNames(client, [refused])).map(toDeviceRecord);
      const contradiction = findContradiction(refused, devices);
      if (contradiction === undefined) return;
      await recordConflict(client, contradiction, { board: refused, facts, seenBy });
    });
  }

  async connect(): Promise<void> {
    await this.#database.connected('migrations', () => Promise.resolve());
  }

  /** What a station needs to know of it to go on without it. */
  facts(): Promise<RegistryFacts> {
    return this.#database.connected('lists', readFacts);
  }

  built(id: string, image: FlashImage): Promise<void> {
    return this.#images.run({ id, update: image });
  }

  async confirm(id: string, proof: Proof): Promise<DeviceRecord> {
    const update = { id, update: proof };
    const confirmed = await this.#proofs.run(update);
    if (confirmed !== OTHER_BOARD) return confirmed;
    return orThrow(await this.#database.transaction('confirm', (client) => confirmOther(client, update)));
  }

  fail(id: string, failure: Failure): Promise<void> {
    return this.#failures.run({ id, update: failure });
  }

  list(filter: DeviceFilter = {}): Promise<DevicePage> {
    return this.#database.connected('list', (client) => list(client, filter));
  }

  async show(device: DeviceName): Promise<DeviceHistory> {
    const history = await this.#histories.run(device);
    if (history === undefined) throw new EspmintError('DEVICE_UNKNOWN', { device: nameOfDevice(device) });
    return history;
  }

  async reveal(mac: string, reason: string, by: Asker = {}): Promise<string> {
    checkReason(reason);
    const row = await this.#database.transaction('reveal', (client) =>
      recordReveal(client, { mac, reason, by }),
    );
    return openKey(this.#box, row);
  }

  async labelled(mac: string, reason: string, by: Asker = {}): Promise<void> {
    checkReason(reason);
    await this.#database.transaction('labelled', (client) => recordLabel(client, { mac, reason, by }));
  }

  compareKey(mac: string, psk: string): Promise<KeyRecord['state'] | undefined> {
    return this.#database.connected('compare', (client) => compareKey(client, this.#box, mac, psk));
  }

  async checked(mac: string, result: CheckResult, by: Asker = {}): Promise<void> {
    await this.#database.transaction('checked', (client) => recordCheck(client, { mac, result, by }));
  }

  conflicts(filter: ConflictFilter = {}): Promise<readonly Conflict[]> {
    return this.#database.connected('conflicts', (client) => listConflicts(client, filter));
  }

  resolve(id: number, decision: Decision): Promise<Conflict> {
    return this.#database.transaction('resolve', (client) =>
      resolveConflict(client, this.#box, id, decision),
    );
  }

  async status(): Promise<RegistryStatus> {
    try {
      return await this.#database.connected('status', async (client) => ({
        reachable: true,
        pendingSync: 0,
        conflicts: await countOpenConflicts(client),
        pushes: await countPushes(client),
      }));
    } catch (error) {
      return { reachable: false, failure: toEspmintError(error), pendingSync: 0, conflicts: 0 };
    }
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/** What was written about a conflict stays: the board is stopped after the transaction. */
function orThrow<T>(result: T | Stop): T {
  if (result instanceof Stop) throw conflictError(result.conflict);
  return result;
}

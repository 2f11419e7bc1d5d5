// The registry of this disk: nothing is flashed whose key is not on it. With a database behind it an outage costs nothing
// but time, for the database is synced when it is back; without one, a key file of the user's is all there is.
import type { FlashImage } from '../../core/flash-image.js';
import type { Conflict } from '../../core/conflict.js';
import { detailsOf } from '../../core/device-details.js';
import { EspmintError } from '../../core/errors/index.js';
import { conflictError, namesOf } from '../conflicts/detect.js';
import { refusalBy } from '../conflicts/from-history.js';
import { storableFacts } from '../devices/attempt-facts.js';
import { checkReason, checkWidths } from '../devices/request.js';
import { type Asker, originOf, processUser } from '../process-user.js';
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
  KnownPolicy,
  Proof,
  Registry,
  RegistryStatus,
  Reservation,
  ReserveRequest,
  ScreenRequest,
} from '../registry.js';
import { pageOf } from './file-list.js';
import { KeyFile } from './key-file.js';
import type { KeyHistory } from './key-history.js';
import type { AttemptEntry } from './records.js';
import type { ReplayTarget } from './replay.js';
import type { Spool } from './spool.js';

/**
 * Keeps reservations in a file of mode 0600 (see key-file.ts for its lines). One espmint process at a time.
 *
 * @throws FILE_UNWRITABLE, DISK_FULL
 */
export async function openKeyFile(path: string): Promise<Registry> {
  return new SpoolRegistry(await KeyFile.open(path));
}

export class SpoolRegistry implements Registry {
  readonly #disk: KeyFile | Spool;
  /** Decisions by a key file run one after another: each knows what the one before has written. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(disk: KeyFile | Spool) {
    this.#disk = disk;
  }

  get description(): string {
    return this.#disk.description;
  }

  async reserve(request: ReserveRequest): Promise<Reservation> {
    checkWidths(request);
    const [reservation] = await Promise.all([
      this.#unlessDown((database) => database.reserve(request)),
      this.#disk instanceof KeyFile ? undefined : this.#disk.refreshKeys(),
    ]);
    if (reservation !== undefined) return this.#keep(reservation, request, false);
    return this.#decide(request, request.policy, (history) =>
      this.#keep(history.reserve(request), request, true),
    );
  }

  async screen(board: ScreenRequest): Promise<void> {
    const screened = await this.#unlessDown((database) => database.screen(board).then(() => true));
    if (screened === undefined) await this.#decide(board, 'keep', () => undefined);
  }

  async built(id: string, image: FlashImage): Promise<void> {
    await this.#update({ type: 'built', id, image }, async (database, spool) => {
      spool.checkStopped(id);
      await database.built(id, image);
      return true;
    });
  }

  async confirm(id: string, proof: Proof): Promise<DeviceRecord> {
    const at = await this.#disk.now();
    const confirmed = await this.#update({ type: 'confirmed', id, at, ...proof }, async (database, spool) => {
      spool.checkStopped(id);
      return database.confirm(id, proof);
    });
    return confirmed ?? (await this.#disk.history()).ofReservation(id).record;
  }

  async fail(id: string, failure: Failure): Promise<void> {
    const at = await this.#disk.now();
    await this.#update({ type: 'failed', id, at, ...failure }, async (database, spool) => {
      if (!spool.isStopped(id)) await database.fail(id, failure);
      return true;
    });
  }

  find(device: DeviceName): Promise<DeviceRecord | undefined> {
    return this.#ask(
      (database) => database.find(device),
      (history) => history.find(device)?.record,
    );
  }

  list(filter: DeviceFilter = {}): Promise<DevicePage> {
    return this.#ask(
      (database) => database.list(filter),
      (history) => pageOf(history.devices(), filter),
    );
  }

  show(device: DeviceName): Promise<DeviceHistory> {
    return this.#ask(
      (database) => database.show(device),
      (history) => history.need(device).history(),
    );
  }

  async reveal(mac: string, reason: string, by?: Asker): Promise<string> {
    checkReason(reason);
    return this.#ask(
      (database) => database.reveal(mac, reason, by),
      async (history, file) => {
        const device = history.need({ mac });
        await file.append({ type: 'revealed', mac: device.record.mac, reason, ...asEntry(by) });
        return device.key;
      },
    );
  }

  async labelled(mac: string, reason: string, by?: Asker): Promise<void> {
    checkReason(reason);
    await this.#ask(
      (database) => database.labelled(mac, reason, by),
      (history, file) =>
        file.append({ type: 'labelled', mac: history.need({ mac }).record.mac, reason, ...asEntry(by) }),
    );
  }

  compareKey(mac: string, psk: string): Promise<KeyRecord['state'] | undefined> {
    return this.#ask(
      (database) => database.compareKey(mac, psk),
      (history) => history.need({ mac }).stateOf(psk),
    );
  }

  checked(mac: string, result: CheckResult, by?: Asker): Promise<void> {
    const { profile, differences } = result;
    return this.#ask(
      (database) => database.checked(mac, result, by),
      (_history, file) => file.append({ type: 'checked', mac, profile, differences, ...asEntry(by) }),
    );
  }

  /** Those of a key file bear no numbers: nobody can decide about them there. */
  conflicts(filter: ConflictFilter = {}): Promise<readonly Conflict[]> {
    return this.#ask(
      (database) => database.conflicts(filter),
      (history) => (filter.id === undefined ? history.refused() : []),
    );
  }

  /** A key file only remembers; a decision would change which device its earlier lines speak of. */
  resolve(id: number, decision: Decision): Promise<Conflict> {
    return this.#ask(
      (database) => database.resolve(id, decision),
      (_history, { path }) => Promise.reject(new EspmintError('CONFLICT_NOT_HERE', { path })),
    );
  }

  async status(): Promise<RegistryStatus> {
    if (!(this.#disk instanceof KeyFile)) return this.#disk.status();
    return { reachable: true, pendingSync: 0, conflicts: (await this.conflicts()).length };
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#disk.close();
  }

  /** By the database; where there is none, by the key file. */
  async #ask<T>(
    ofDatabase: (database: Registry) => Promise<T>,
    ofFile: (history: KeyHistory, file: KeyFile) => T | Promise<T>,
  ): Promise<T> {
    if (!(this.#disk instanceof KeyFile)) return this.#disk.online(ofDatabase);
    return ofFile(await this.#disk.history(), this.#disk);
  }

  /** Undefined where there is no database, or it is out of reach and boards go on without. */
  async #unlessDown<T>(work: (database: ReplayTarget, spool: Spool) => Promise<T>): Promise<T | undefined> {
    const disk = this.#disk;
    return disk instanceof KeyFile ? undefined : disk.unlessDown((database) => work(database, disk));
  }

  /** By what this disk knows. A refusal is on the disk before the board is stopped. */
  #decide<T>(
    board: ScreenRequest,
    policy: KnownPolicy,
    decide: (history: KeyHistory) => T | Promise<T>,
  ): Promise<T> {
    const disk = this.#disk;
    const answer = async (): Promise<T> => {
      const history = disk instanceof KeyFile ? await disk.history() : await disk.wholeHistory();
      const refusal = refusalBy(history, board);
      if (refusal === undefined) return decide(history);
      await disk.append(refusal);
      throw conflictError(refusal.conflict);
    };
    // Boards that a station makes while the database is out of reach share their syncs of the disk.
    if (!(disk instanceof KeyFile)) return disk.admit(board, policy).then(answer);
    const decided = this.#last.then(answer);
    this.#last = decided.catch(() => undefined);
    return decided;
  }

  /** The key is in this journal before the caller can flash it; on this disk, unless the database has it on its own. */
  async #keep(reservation: Reservation, request: ReserveRequest, offline: boolean): Promise<Reservation> {
    const { id, mac, uuid, psk } = reservation;
    const wanted = { ...detailsOf(request), hardwareId: namesOf(request).hardwareId };
    const facts = request.facts === undefined ? undefined : storableFacts(request.facts);
    const owed = this.#disk instanceof KeyFile ? {} : { offline };
    const at = await this.#disk.now();
    await this.#disk.append({ type: 'reserved', at, id, mac, uuid, psk, wanted, facts, ...owed });
    return reservation;
  }

  /** See Spool.update. Undefined where there is no database either: what was proven in a key file stays so. */
  async #update<T>(
    record: Extract<AttemptEntry, { type: 'built' | 'confirmed' | 'failed' }>,
    work: (database: ReplayTarget, spool: Spool) => Promise<T>,
  ): Promise<T | undefined> {
    const disk = this.#disk;
    if (!(disk instanceof KeyFile)) return disk.update(record, (database) => work(database, disk));
    const device = (await disk.history()).ofReservation(record.id);
    if (device.attempt(record.id)?.outcome !== 'passed') await disk.append(record);
    return undefined;
  }
}

/** Who asked, where and when, for the audit trail. */
function asEntry(by: Asker = {}): { readonly at: string; readonly actor: string; readonly origin: string } {
  return { at: new Date().toISOString(), actor: by.actor ?? processUser(), origin: originOf(by) };
}

// The registry of a bench without a database: the same promises, kept in one file that the user names.
import { storableFacts } from '../devices/attempt-facts.js';
import { pageOf } from './file-list.js';
import type { Conflict } from '../../core/conflict.js';
import { EspmintError } from '../../core/errors/index.js';
import { conflictError, namesOf } from '../conflicts/detect.js';
import { refusalBy } from '../conflicts/from-history.js';
import { KeyFile, type KeyFileRecord } from './key-file.js';
import { KeyHistory } from './key-history.js';
import type {
  CheckResult,
  ConflictFilter,
  DeviceFilter,
  DeviceHistory,
  DeviceName,
  DevicePage,
  DeviceRecord,
  Failure,
  Image,
  KeyRecord,
  Proof,
  Registry,
  RegistryStatus,
  Reservation,
  ReserveRequest,
  ScreenRequest,
} from '../registry.js';
import { type Asker, originOf, processUser } from '../process-user.js';
import { checkReason, checkWidths } from '../devices/request.js';

/**
 * Keeps reservations in a file of mode 0600 (see key-file.ts for its lines). One espmint process at a time.
 *
 * @throws FILE_UNWRITABLE, DISK_FULL
 */
export async function openKeyFile(path: string): Promise<Registry> {
  return new FileRegistry(await KeyFile.open(path));
}

class FileRegistry implements Registry {
  readonly #file: KeyFile;
  /** Calls run one after another: each reads what the one before has written. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: KeyFile) {
    this.#file = file;
  }

  get description(): string {
    return this.#file.path;
  }

  async find(name: DeviceName): Promise<DeviceRecord | undefined> {
    return this.#inTurn((history) => history.find(name)?.record);
  }

  async reserve(request: ReserveRequest): Promise<Reservation> {
    checkWidths(request);
    return this.#inTurn(async (history) => {
      const { caUrl, wifiSsid, firmwareVersion, hardwareRevision, location } = request;
      await this.#stopConflict(history, request);
      const reservation = history.reserve(request);
      const { id, mac, uuid, psk } = reservation;
      const { hardwareId } = namesOf(request);
      const wanted = { caUrl, wifiSsid, firmwareVersion, hardwareRevision, location, hardwareId };
      const facts = request.facts === undefined ? undefined : storableFacts(request.facts);
      await this.#append({ type: 'reserved', at: now(), id, mac, uuid, psk, wanted, facts });
      return reservation;
    });
  }

  async screen(board: ScreenRequest): Promise<void> {
    await this.#inTurn((history) => this.#stopConflict(history, board));
  }

  async built(id: string, image: Image): Promise<void> {
    await this.#inTurn(async (history) => {
      history.ofReservation(id);
      await this.#append({ type: 'built', id, ...image });
    });
  }

  async confirm(id: string, proof: Proof): Promise<DeviceRecord> {
    return this.#inTurn(async (history) => {
      const device = history.ofReservation(id);
      if (device.attempt(id)?.outcome === 'passed') return device.record;
      const record: KeyFileRecord = { type: 'confirmed', at: now(), id, ...proof };
      await this.#append(record);
      history.apply(record);
      return device.record;
    });
  }

  async fail(id: string, failure: Failure): Promise<void> {
    await this.#inTurn(async (history) => {
      if (history.ofReservation(id).attempt(id)?.outcome === 'passed') return;
      await this.#append({ type: 'failed', at: now(), id, ...failure });
    });
  }

  async list(filter: DeviceFilter = {}): Promise<DevicePage> {
    return this.#inTurn((history) => pageOf(history.devices(), filter));
  }

  async show(name: DeviceName): Promise<DeviceHistory> {
    return this.#inTurn((history) => history.need(name).history());
  }

  async reveal(mac: string, reason: string, by: Asker = {}): Promise<string> {
    checkReason(reason);
    return this.#inTurn(async (history) => {
      const device = history.need({ mac });
      await this.#append({ type: 'revealed', at: now(), mac: device.record.mac, reason, ...whoOf(by) });
      return device.key;
    });
  }

  async labelled(mac: string, reason: string, by: Asker = {}): Promise<void> {
    checkReason(reason);
    await this.#inTurn(async (history) => {
      const device = history.need({ mac });
      await this.#append({ type: 'labelled', at: now(), mac: device.record.mac, reason, ...whoOf(by) });
    });
  }

  async compareKey(mac: string, psk: string): Promise<KeyRecord['state'] | undefined> {
    return this.#inTurn((history) => history.need({ mac }).stateOf(psk));
  }

  async checked(mac: string, { profile, differences }: CheckResult, by: Asker = {}): Promise<void> {
    await this.#inTurn(() =>
      this.#append({ type: 'checked', at: now(), mac, profile, differences, ...whoOf(by) }),
    );
  }

  /** Without numbers: nobody can decide about them here. */
  async conflicts({ id }: ConflictFilter = {}): Promise<readonly Conflict[]> {
    if (id !== undefined) return [];
    const records = await this.#last.then(() => this.#file.read());
    return records.flatMap((record) => (record.type === 'refused' ? [record.conflict] : [])).reverse();
  }

  /** A file only remembers; a decision would change which device its earlier lines speak of. */
  resolve(): Promise<Conflict> {
    return Promise.reject(new EspmintError('CONFLICT_NOT_HERE', { path: this.#file.path }));
  }

  async status(): Promise<RegistryStatus> {
    return { reachable: true, pendingSync: 0, conflicts: (await this.conflicts()).length };
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#file.close();
  }

  async #stopConflict(history: KeyHistory, board: ScreenRequest): Promise<void> {
    const refusal = refusalBy(history, board);
    if (refusal === undefined) return;
    await this.#append(refusal);
    throw conflictError(refusal.conflict);
  }

  #append(record: KeyFileRecord): Promise<void> {
    return this.#file.append(record);
  }

  #inTurn<T>(work: (history: KeyHistory) => T | Promise<T>): Promise<T> {
    const result = this.#last.then(async () => work(new KeyHistory(await this.#file.read())));
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function now(): string {
  return new Date().toISOString();
}

/** For the audit trail. */
function whoOf(by: Asker): { readonly actor: string; readonly origin: string } {
  return { actor: by.actor ?? processUser(), origin: originOf(by) };
}

// A registry with the key journal before it: nothing is flashed whose key is not on this disk, and an outage of the
// database costs nothing but time: it hears of everything in order when it is back.
import type { Conflict } from '../../core/conflict.js';
import { type EspmintError, toEspmintError } from '../../core/errors/index.js';
import { conflictError, namesOf } from '../conflicts/detect.js';
import type { RegistryCopy } from '../admission/registry-copy.js';
import { isDown, type Outage } from '../store/outage.js';
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
  Image,
  KeyRecord,
  Proof,
  Registry,
  RegistryStatus,
  Reservation,
  ReserveRequest,
  ScreenRequest,
} from '../registry.js';
import type { Asker } from '../process-user.js';
import { checkWidths } from '../devices/request.js';
import type { LocalKeys } from '../store/secrets/local-keys.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import type { Journal } from './journal.js';
import { OfflineDecisions } from './offline.js';
import { type JournalRecord, keyOwner } from './records.js';
import { replayJournal, type ReplayTarget } from './replay.js';

export interface JournalOptions {
  readonly journal: Journal;
  /** What the station keeps of the registry, with its admission lists. */
  readonly copy: RegistryCopy;
  /** Seal the keys in the journal, and need no database. */
  readonly keys: LocalKeys;
  /** For people and messages. */
  readonly description: string;
  /** What `reserve` does when the registry cannot be reached. */
  readonly whenDown: 'continue' | 'stop';
  /** The registry behind, which is connected with each call that finds it is not. */
  readonly inner: ReplayTarget;
  /** What this process knows of whether it can be reached. */
  readonly outage: Outage;
  /** That this computer may go on without a registry that cannot be reached. */
  mayStartWithout(failure: EspmintError): Promise<void>;
}

export class JournaledRegistry implements Registry {
  readonly #options: JournalOptions;
  readonly #box: SecretBox;
  readonly #offline: OfflineDecisions;
  #replaying: Promise<void> | undefined;
  /** Reservations of this station that contradicted the registry when it heard of them. */
  readonly #stopped = new Map<string, Conflict>();

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#box = options.keys.box;
    this.#offline = new OfflineDecisions(options.journal, options.copy, this.#box);
  }

  get description(): string {
    return this.#options.description;
  }

  /**
   * Connects the registry behind and tells it what it has missed.
   *
   * @throws what is wrong with it; with `continue` only what does not pass by itself, or what `mayStartWithout` says
   */
  async start(): Promise<void> {
    try {
      await this.#online((inner) => inner.connect());
      // Before the first outage, not after it.
      await this.#options.copy.settled();
    } catch (error) {
      if (!isDown(error) || this.#options.whenDown === 'stop') throw error;
      await this.#options.mayStartWithout(toEspmintError(error));
    }
  }

  async reserve(request: ReserveRequest): Promise<Reservation> {
    checkWidths(request);
    await this.#options.keys.refresh();
    let reservation: Reservation;
    let offline = false;
    try {
      reservation = await this.#online((inner) => inner.reserve(request));
    } catch (error) {
      if (!isDown(error) || this.#options.whenDown === 'stop') throw error;
      reservation = await this.#offline.reserve(request);
      offline = true;
    }
    await this.#options.journal.append(await this.#toRecord(reservation, request, offline));
    return reservation;
  }

  async screen(board: ScreenRequest): Promise<void> {
    try {
      await this.#online((inner) => inner.screen(board));
    } catch (error) {
      if (!isDown(error) || this.#options.whenDown === 'stop') throw error;
      await this.#offline.screen(board);
    }
  }

  async built(id: string, image: Image): Promise<void> {
    await this.#options.journal.append({ type: 'built', id, ...image });
    const sending = this.#online((inner) => {
      this.#checkStopped(id);
      return inner.built(id, image);
    });
    await sending.catch((error: unknown) => {
      this.#letPass(error);
    });
  }

  async confirm(id: string, proof: Proof): Promise<DeviceRecord> {
    const { journal, whenDown } = this.#options;
    // A disk that is full by now must not keep the proof from the registry.
    const unjournalled = await journal
      .append({ type: 'confirmed', id, at: await journal.now(), ...proof })
      .catch(toEspmintError);
    try {
      return await this.#online(async (inner) => {
        this.#checkStopped(id);
        const record = await inner.confirm(id, proof);
        await journal.append({ type: 'synced', id }).catch(() => undefined);
        return record;
      });
    } catch (error) {
      if (!isDown(error) || whenDown === 'stop') throw error;
      if (unjournalled !== undefined) throw unjournalled;
      return await this.#offline.deviceOf(id);
    }
  }

  async fail(id: string, failure: Failure): Promise<void> {
    const { journal } = this.#options;
    await journal.append({ type: 'failed', id, at: await journal.now(), ...failure });
    const sending = this.#online(async (inner) => {
      if (!this.#stopped.has(id)) await inner.fail(id, failure);
      await journal.append({ type: 'synced', id });
    });
    await sending.catch((error: unknown) => {
      this.#letPass(error);
    });
  }

  find(device: DeviceName): Promise<DeviceRecord | undefined> {
    return this.#online((inner) => inner.find(device));
  }

  list(filter: DeviceFilter = {}): Promise<DevicePage> {
    return this.#online((inner) => inner.list(filter));
  }

  show(device: DeviceName): Promise<DeviceHistory> {
    return this.#online((inner) => inner.show(device));
  }

  reveal(mac: string, reason: string, by?: Asker): Promise<string> {
    return this.#online((inner) => inner.reveal(mac, reason, by));
  }

  labelled(mac: string, reason: string, by?: Asker): Promise<void> {
    return this.#online((inner) => inner.labelled(mac, reason, by));
  }

  compareKey(mac: string, psk: string): Promise<KeyRecord['state'] | undefined> {
    return this.#online((inner) => inner.compareKey(mac, psk));
  }

  checked(mac: string, result: CheckResult, by?: Asker): Promise<void> {
    return this.#online((inner) => inner.checked(mac, result, by));
  }

  conflicts(filter: ConflictFilter = {}): Promise<readonly Conflict[]> {
    return this.#online((inner) => inner.conflicts(filter));
  }

  resolve(id: number, decision: Decision): Promise<Conflict> {
    return this.#online((inner) => inner.resolve(id, decision));
  }

  async status(): Promise<RegistryStatus> {
    const { journal, copy } = this.#options;
    const { failure, conflicts, pushes } = await this.#online((inner) => inner.status()).catch(
      (error: unknown) => ({ failure: toEspmintError(error), conflicts: 0, pushes: undefined }),
    );
    const attempts = await journal.attempts().catch(() => []);
    const refusals = await journal.refusals().catch(() => []);
    const owed = [
      ...attempts.filter((attempt) => attempt.owed).map(({ reserved }) => reserved.at),
      ...refusals.map(({ conflict }) => conflict.firstSeenAt),
    ].sort();
    return {
      reachable: failure === undefined,
      failure,
      spool: await journal.faults(),
      pendingSync: owed.length,
      owedSince: owed[0],
      conflicts: conflicts + refusals.length,
      pushes,
      listsCopiedAt: await copy.at().catch(() => undefined),
    };
  }

  async close(): Promise<void> {
    await this.#replaying?.catch(() => undefined);
    await this.#options.copy.settled();
    await this.#options.inner.close();
    await this.#options.journal.close().catch(() => undefined);
  }

  /** Runs `work` on the registry behind, which has been told of everything before. */
  async #online<T>(work: (inner: ReplayTarget) => Promise<T>): Promise<T> {
    const { inner, outage } = this.#options;
    try {
      if (outage.restingFor !== undefined) throw outage.restingFor;
      await (this.#replaying ??= this.#replay(inner));
      const result = await work(inner);
      outage.over();
      this.#options.copy.renew(() => inner.facts());
      return result;
    } catch (error) {
      if (isDown(error) && error !== outage.restingFor) outage.note(error);
      // What comes together meanwhile is replayed with the next call that reaches it, before anything else.
      if (isDown(error)) this.#replaying = undefined;
      throw error;
    }
  }

  async #replay(inner: ReplayTarget): Promise<void> {
    await this.#options.keys.refresh();
    const stopped = await replayJournal(this.#options.journal, inner, this.#box);
    for (const [id, conflict] of stopped) this.#stopped.set(id, conflict);
  }

  /** A reservation that the registry has met with a conflict is not known there. */
  #checkStopped(id: string): void {
    const conflict = this.#stopped.get(id);
    if (conflict !== undefined) throw conflictError(conflict);
  }

  /** A reservation that only the journal knows is settled there; the registry hears of it later. */
  #letPass(error: unknown): void {
    if (!isDown(error) || this.#options.whenDown === 'stop') throw error;
  }

  async #toRecord(
    reservation: Reservation,
    request: ReserveRequest,
    offline: boolean,
  ): Promise<JournalRecord> {
    const { id, mac, uuid } = reservation;
    const { caUrl, wifiSsid, firmwareVersion, hardwareRevision, location, facts } = request;
    const { hardwareId } = namesOf(request);
    const wanted = { caUrl, wifiSsid, firmwareVersion, hardwareRevision, location, hardwareId };
    const psk = this.#box.seal(reservation.psk, keyOwner({ mac, uuid }));
    const at = await this.#options.journal.now();
    return { type: 'reserved', id, at, mac, uuid, psk, wanted, facts, offline };
  }
}

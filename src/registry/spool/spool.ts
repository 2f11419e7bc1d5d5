// The key journal, and the database that it is synced to: what was written here while the database was out of reach is
// there before anything else is asked of it.
import type { Conflict } from '../../core/conflict.js';
import { type EspmintError, toEspmintError } from '../../core/errors/index.js';
import type { RegistryCopy } from '../admission/registry-copy.js';
import { conflictError } from '../conflicts/detect.js';
import type { KnownPolicy, RegistryStatus, ScreenRequest } from '../registry.js';
import { isDown, type Outage } from '../store/outage.js';
import type { LocalKeys } from '../store/secrets/local-keys.js';
import type { Journal } from './journal.js';
import { KeyHistory } from './key-history.js';
import { type AttemptEntry, type JournalAttempt, keyOwner } from './records.js';
import { replayJournal, type ReplayTarget } from './replay.js';

export interface SpoolOptions {
  readonly journal: Journal;
  /** What the station keeps of the registry, with its admission lists. */
  readonly copy: RegistryCopy;
  /** Seal the keys in the journal, and need no database. */
  readonly keys: LocalKeys;
  /** For people and messages. */
  readonly description: string;
  /** What boards do when the database cannot be reached. */
  readonly whenDown: 'continue' | 'stop';
  /** It is connected with each call that finds it is not. */
  readonly database: ReplayTarget;
  /** What this process knows of whether it can be reached. */
  readonly outage: Outage;
  /** That this computer may go on without a database that cannot be reached. */
  mayStartWithout(failure: EspmintError): Promise<void>;
}

export class Spool {
  readonly #options: SpoolOptions;
  #replaying: Promise<void> | undefined;
  /** Reservations of this station that contradicted the database when they were synced. */
  readonly #stopped = new Map<string, Conflict>();

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  get description(): string {
    return this.#options.description;
  }

  /**
   * Connects the database and syncs what it has missed.
   *
   * @throws what is wrong with it; with `continue` only what does not pass by itself, or what `mayStartWithout` says
   */
  async start(): Promise<void> {
    try {
      await this.online((database) => database.connect());
      // Before the first outage, not after it.
      await this.#options.copy.settled();
    } catch (error) {
      this.#throwUnlessDown(error);
      await this.#options.mayStartWithout(toEspmintError(error));
    }
  }

  /** Later than every time in the journal: see Journal.now. */
  now(): Promise<string> {
    return this.#options.journal.now();
  }

  /**
   * The record is on this disk, or in the journal where the database has committed it. The key is sealed with the newest
   * key that this computer knows.
   *
   * @throws FILE_UNWRITABLE, DISK_FULL
   */
  append(record: AttemptEntry): Promise<void> {
    const { journal, keys } = this.#options;
    if (record.type !== 'reserved') return journal.append(record);
    const sealed = { ...record, psk: keys.box.seal(record.psk, keyOwner(record)) };
    return record.offline === false ? journal.note(sealed) : journal.append(sealed);
  }

  /**
   * Updates the database with what became of a reservation, and the journal beside it: nobody but a power cut loses it before
   * the database has it, and where the database does not take it, it is on this disk.
   *
   * @param work its answer is not undefined
   * @returns undefined: the database is out of reach, and work goes on without
   * @throws as online, otherwise: what is on the disk is sent another time then; FILE_UNWRITABLE, DISK_FULL
   */
  async update<T>(
    record: AttemptEntry,
    work: (database: ReplayTarget) => Promise<T>,
  ): Promise<T | undefined> {
    const { journal, outage } = this.#options;
    const isOut = outage.since !== undefined;
    const [written, answered] = await Promise.allSettled([
      isOut ? journal.append(record) : journal.note(record),
      this.unlessDown(work),
    ]);
    if (answered.status === 'rejected' || answered.value === undefined) {
      // The same record twice means the same as once.
      const kept = isOut ? written : (await Promise.allSettled([journal.append(record)]))[0];
      if (answered.status === 'rejected') throw answered.reason;
      if (kept.status === 'rejected') throw kept.reason;
      return undefined;
    }
    if (record.type === 'built') {
      // Nothing is flashed that an outage would leave without its image.
      if (written.status === 'rejected') throw written.reason;
    } else {
      // A disk that is full by now must not keep the end from the database. Nothing of it is owed any more.
      void journal.note({ type: 'synced', id: record.id }).catch(() => undefined);
    }
    return answered.value;
  }

  /** Devices as far as the journal can be read. @throws SECRET_UNREADABLE */
  async history(): Promise<KeyHistory> {
    return this.#historyOf(await this.#options.journal.attempts());
  }

  /**
   * All devices that the journal knows, for a decision: a board whose records cannot be read is not a new one.
   *
   * @throws SPOOL_UNREADABLE, SECRET_UNREADABLE
   */
  async wholeHistory(): Promise<KeyHistory> {
    return this.#historyOf(await this.#options.journal.wholeAttempts());
  }

  #historyOf(attempts: readonly JournalAttempt[]): KeyHistory {
    const { keys } = this.#options;
    const records: AttemptEntry[] = [];
    for (const { reserved, image, end } of attempts) {
      records.push({ ...reserved, psk: keys.box.open(reserved.psk, keyOwner(reserved)) });
      if (image !== undefined) records.push({ type: 'built', id: reserved.id, image });
      if (end !== undefined) records.push(end);
    }
    return new KeyHistory(records);
  }

  /** Loads keys that another process has made: nothing may be reserved that could not be sealed. */
  refreshKeys(): Promise<void> {
    return this.#options.keys.refresh();
  }

  /** By the copy of the admission lists. @throws DEVICE_DENIED, DEVICE_NOT_ALLOWED, ADMISSION_LISTS_UNREADABLE */
  admit(board: ScreenRequest, policy: KnownPolicy): Promise<void> {
    return this.#options.copy.check(board, policy);
  }

  /** Asks the database. @throws REGISTRY_UNREACHABLE, REGISTRY_TIMEOUT, and what `work` throws */
  async online<T>(work: (database: ReplayTarget) => Promise<T>): Promise<T> {
    const { database, outage, copy } = this.#options;
    try {
      if (outage.restingFor !== undefined) throw outage.restingFor;
      await (this.#replaying ??= this.#replay(database));
      const result = await work(database);
      outage.over();
      copy.renew(() => database.facts());
      return result;
    } catch (error) {
      if (isDown(error) && error !== outage.restingFor) outage.note(error);
      // What comes together meanwhile is replayed with the next call that reaches it, before anything else.
      if (isDown(error)) this.#replaying = undefined;
      throw error;
    }
  }

  /** Asks the database; undefined where it is out of reach and work goes on without. @throws as online, otherwise */
  async unlessDown<T>(work: (database: ReplayTarget) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.online(work);
    } catch (error) {
      this.#throwUnlessDown(error);
      return undefined;
    }
  }

  /** A reservation that the database has answered with a conflict is not known there. */
  isStopped(id: string): boolean {
    return this.#stopped.has(id);
  }

  /** @throws the conflict of a reservation that the database has answered with one */
  checkStopped(id: string): void {
    const conflict = this.#stopped.get(id);
    if (conflict !== undefined) throw conflictError(conflict);
  }

  /** Never throws. */
  async status(): Promise<RegistryStatus> {
    const { journal, copy } = this.#options;
    const { failure, conflicts, pushes } = await this.online((database) => database.status()).catch(
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

  /** Never throws. */
  async close(): Promise<void> {
    const { journal, copy, database } = this.#options;
    await this.#replaying?.catch(() => undefined);
    await copy.settled();
    await database.close();
    await journal.close().catch(() => undefined);
  }

  async #replay(database: ReplayTarget): Promise<void> {
    const { journal, keys } = this.#options;
    await keys.refresh();
    const stopped = await replayJournal(journal, database, keys.box);
    for (const [id, conflict] of stopped) this.#stopped.set(id, conflict);
  }

  #throwUnlessDown(error: unknown): void {
    if (!isDown(error) || this.#options.whenDown === 'stop') throw error;
  }
}

// A registry with the key journal before it: nothing is flashed whose key is not on this disk, and an outage of the
// database costs nothing but the news, which are told in order when it is back.
import { randomUUID } from 'node:crypto';
import {
  type ErrorCode,
  type EspmintError,
  isEspmintError,
  toEspmintError,
} from '../../core/errors/index.js';
import { chooseKey, KeyHistory } from '../key-history.js';
import type { KeyFileRecord } from '../key-file.js';
import type { OfflineReservation } from '../postgres/reserve.js';
import type {
  DeviceFilter,
  DeviceHistory,
  DeviceName,
  DevicePage,
  DeviceRecord,
  Failure,
  Image,
  Proof,
  Registry,
  RegistryStatus,
  Reservation,
  ReserveRequest,
} from '../registry.js';
import { checkNames, checkWidths, makeReservation } from '../request.js';
import { type SealingKey } from '../secrets/envelope.js';
import { type SecretBox, sealedBox } from '../secrets/secret-box.js';
import type { Journal } from './journal.js';
import type { EndRecord, JournalAttempt, JournalRecord } from './records.js';

/** The registry behind the journal. */
export interface ReplayTarget extends Registry {
  /** @throws UUID_TAKEN, MAC_TAKEN */
  replay(offline: OfflineReservation): Promise<void>;
}

export interface JournalOptions {
  readonly journal: Journal;
  /** Seals the keys in the journal; made from the master key, so that it needs no database. */
  readonly key: SealingKey;
  /** For people and messages. */
  readonly description: string;
  /** What `reserve` does when the registry cannot be reached. */
  readonly whenDown: 'continue' | 'stop';
  /** Opens the registry behind; called again after a failure. */
  open(): Promise<ReplayTarget>;
}

/** Failures that say nothing about the request and pass by themselves. */
const DOWN: readonly ErrorCode[] = ['REGISTRY_UNREACHABLE', 'REGISTRY_TIMEOUT'];
/** After a failure the registry is left alone for so long: boards are not to wait for each try. */
const REST_MS = 5000;

function isDown(error: unknown): boolean {
  return isEspmintError(error) && DOWN.includes(error.code);
}

export class JournaledRegistry implements Registry {
  readonly #options: JournalOptions;
  readonly #box: SecretBox;
  #inner: Promise<ReplayTarget> | undefined;
  #restUntil = 0;
  #lastFailure: EspmintError | undefined;
  #replaying: Promise<void> | undefined;
  #conflicts = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#box = sealedBox([options.key]);
  }

  get description(): string {
    return this.#options.description;
  }

  /**
   * Opens the registry behind and tells it what it has missed.
   *
   * @throws what is wrong with it; with `continue` only what does not pass by itself
   */
  async start(): Promise<void> {
    try {
      await this.#online(() => Promise.resolve());
    } catch (error) {
      if (isDown(error) && this.#options.whenDown === 'continue') return;
      throw error;
    }
  }

  async reserve(request: ReserveRequest): Promise<Reservation> {
    checkWidths(request);
    let reservation: Reservation;
    let offline = false;
    try {
      reservation = await this.#online((inner) => inner.reserve(request));
    } catch (error) {
      if (!isDown(error) || this.#options.whenDown === 'stop') throw error;
      reservation = await this.#reserveOffline(request);
      offline = true;
    }
    await this.#options.journal.append(this.#toRecord(reservation, request, offline));
    return reservation;
  }

  async built(id: string, image: Image): Promise<void> {
    await this.#options.journal.append({ type: 'built', id, ...image });
    await this.#online((inner) => inner.built(id, image)).catch((error: unknown) => {
      this.#letPass(error);
    });
  }

  async confirm(id: string, proof: Proof): Promise<DeviceRecord> {
    const { journal, whenDown } = this.#options;
    // A disk that is full by now must not keep the proof from the registry.
    const unjournalled = await journal
      .append({ type: 'confirmed', id, at: now(), ...proof })
      .catch(toEspmintError);
    try {
      return await this.#online(async (inner) => {
        const record = await inner.confirm(id, proof);
        await journal.append({ type: 'synced', id }).catch(() => undefined);
        return record;
      });
    } catch (error) {
      if (!isDown(error) || whenDown === 'stop') throw error;
      if (unjournalled !== undefined) throw unjournalled;
      return (await this.#history()).ofReservation(id).record;
    }
  }

  async fail(id: string, failure: Failure): Promise<void> {
    await this.#options.journal.append({ type: 'failed', id, at: now(), ...failure });
    const told = this.#online(async (inner) => {
      await inner.fail(id, failure);
      await this.#options.journal.append({ type: 'synced', id });
    });
    await told.catch((error: unknown) => {
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

  reveal(mac: string, reason: string, actor?: string): Promise<string> {
    return this.#online((inner) => inner.reveal(mac, reason, actor));
  }

  async status(): Promise<RegistryStatus> {
    const reason = await this.#online((inner) => inner.status()).then(
      (status) => status.reason,
      (error: unknown) => toEspmintError(error).message,
    );
    const attempts = await this.#options.journal.attempts().catch(() => []);
    const pendingSync = attempts.filter(({ owed }) => owed).length;
    return { reachable: reason === undefined, reason, pendingSync, conflicts: this.#conflicts };
  }

  async close(): Promise<void> {
    const inner = await this.#inner?.catch(() => undefined);
    await this.#replaying?.catch(() => undefined);
    await inner?.close();
    await this.#options.journal.close().catch(() => undefined);
  }

  /** Runs `work` on the registry behind, which has been told of everything before. */
  async #online<T>(work: (inner: ReplayTarget) => Promise<T>): Promise<T> {
    if (this.#lastFailure !== undefined && Date.now() < this.#restUntil) throw this.#lastFailure;
    try {
      const inner = await this.#open();
      await (this.#replaying ??= this.#replay(inner));
      return await work(inner);
    } catch (error) {
      if (isDown(error)) this.#noteDown(toEspmintError(error));
      throw error;
    }
  }

  async #open(): Promise<ReplayTarget> {
    this.#inner ??= this.#options.open();
    try {
      return await this.#inner;
    } catch (error) {
      this.#inner = undefined;
      throw error;
    }
  }

  /** The next call but those of the next seconds tries again, and replays what has come together by then. */
  #noteDown(error: EspmintError): void {
    this.#lastFailure = error;
    this.#restUntil = Date.now() + REST_MS;
    this.#replaying = undefined;
  }

  /** A reservation that only the journal knows is settled there; the registry hears of it later. */
  #letPass(error: unknown): void {
    if (!isDown(error) || this.#options.whenDown === 'stop') throw error;
  }

  async #replay(inner: ReplayTarget): Promise<void> {
    const { journal } = this.#options;
    await journal.adopt();
    const owed = (await journal.attempts()).filter((attempt) => attempt.owed);
    let conflicts = 0;
    const accepted: JournalAttempt[] = [];
    for (const attempt of owed) {
      if (await this.#replayReservation(inner, attempt)) accepted.push(attempt);
      else conflicts += 1;
    }
    // In the order of the proofs: of two keys of one board the later proven one is on the chip.
    const ended = accepted.filter(({ end }) => end !== undefined);
    ended.sort((a, b) => ((a.end?.at ?? '') < (b.end?.at ?? '') ? -1 : 1));
    for (const { end } of ended) if (end !== undefined) await tellEnd(inner, end);
    for (const { reserved } of accepted) await journal.append({ type: 'synced', id: reserved.id });
    this.#conflicts = conflicts;
  }

  /** False when it contradicts the registry: it stays in the journal until somebody decides. */
  async #replayReservation(inner: ReplayTarget, { reserved, image }: JournalAttempt): Promise<boolean> {
    const { id, at, mac, uuid, wanted, facts } = reserved;
    const { caUrl = '', ...rest } = wanted;
    try {
      const psk = this.#openKey(reserved);
      const request = { ...rest, mac, uuid, caUrl, policy: 'rotate', psk, facts } as const;
      await inner.replay({ id, at, request });
      if (image !== undefined) await inner.built(id, image);
      return true;
    } catch (error) {
      if (isEspmintError(error, 'UUID_TAKEN') || isEspmintError(error, 'MAC_TAKEN')) return false;
      throw error;
    }
  }

  async #reserveOffline(request: ReserveRequest): Promise<Reservation> {
    const history = await this.#history();
    const { mac, uuid } = request;
    checkNames(request, history.holders(mac, uuid));
    const device = history.find({ mac });
    const psk = chooseKey(device, request.psk, request.policy);
    const known =
      device === undefined ? 'new' : device.record.status === 'pending' ? 'pending' : 'provisioned';
    return makeReservation({ id: randomUUID(), mac, uuid, known }, psk);
  }

  /** Devices as far as the journal knows them. */
  async #history(): Promise<KeyHistory> {
    const records: KeyFileRecord[] = [];
    for (const { reserved, image, end } of await this.#options.journal.attempts()) {
      records.push({ ...reserved, psk: this.#openKey(reserved) });
      if (image !== undefined) records.push({ type: 'built', id: reserved.id, ...image });
      if (end !== undefined) records.push(end);
    }
    return new KeyHistory(records);
  }

  #openKey({ psk, uuid, mac }: { psk: string; uuid: string; mac: string }): string {
    return this.#box.open(psk, { uuid, macKey: mac.replaceAll(':', '') });
  }

  #toRecord(reservation: Reservation, request: ReserveRequest, offline: boolean): JournalRecord {
    const { id, mac, uuid } = reservation;
    const { caUrl, wifiSsid, firmwareVersion, hardwareRevision, location, facts } = request;
    const wanted = { caUrl, wifiSsid, firmwareVersion, hardwareRevision, location };
    const psk = this.#box.seal(reservation.psk, { uuid, macKey: mac.replaceAll(':', '') });
    return { type: 'reserved', id, at: now(), mac, uuid, psk, wanted, facts, offline };
  }
}

function now(): string {
  return new Date().toISOString();
}

async function tellEnd(inner: ReplayTarget, end: EndRecord): Promise<void> {
  const told = { ...end, endedAt: end.at };
  if (told.type === 'confirmed') await inner.confirm(told.id, told);
  else await inner.fail(told.id, told);
}

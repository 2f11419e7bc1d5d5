// What the records of a key file or journal add up to: devices, their keys and attempts.
import { randomUUID } from 'node:crypto';
import type { FlashImage } from '../../core/flash-image.js';
import type { Conflict } from '../../core/conflict.js';
import { nameOfDevice } from '../../core/device-name.js';
import { EspmintError } from '../../core/errors/index.js';
import { generatePsk } from '../../core/psk.js';
import type { EndRecord, KeyFileRecord, ReservedRecord } from './records.js';
import type {
  AttemptRecord,
  BoardNames,
  DeviceHistory,
  DeviceName,
  DeviceRecord,
  KeyRecord,
  Reservation,
  ReserveRequest,
} from '../registry.js';
import { chooseKey, knownAs } from '../devices/key-choice.js';
import { makeReservation } from '../devices/request.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One device of the file. */
export class FileDevice {
  record: DeviceRecord;
  readonly #keys: (Mutable<KeyRecord> & { readonly psk: string })[] = [];
  readonly #attempts: Mutable<AttemptRecord>[] = [];
  readonly #reserved = new Map<string, ReservedRecord>();

  constructor(id: number, { mac, uuid, wanted }: ReservedRecord) {
    this.record = { id, mac, uuid, status: 'pending', ...wanted };
  }

  /** The current key, or the newest pending one of a device that has none. */
  get key(): string {
    return this.keyIn('current') ?? this.#keys.at(-1)?.psk ?? '';
  }

  /** Its newest key of that state. */
  keyIn(state: KeyRecord['state']): string | undefined {
    return this.#keys.findLast((key) => key.state === state)?.psk;
  }

  /** Undefined: it is no key of this device. */
  stateOf(psk: string): KeyRecord['state'] | undefined {
    return this.#keys.findLast((key) => key.psk === psk)?.state;
  }

  get attempts(): readonly AttemptRecord[] {
    return this.#attempts;
  }

  attempt(id: string): AttemptRecord | undefined {
    return this.#attempts.find((attempt) => attempt.id === id);
  }

  history(): DeviceHistory {
    const keys = this.#keys.map(({ id, state, createdAt, provenAt, supersededAt }) => {
      return { id, state, createdAt, provenAt, supersededAt };
    });
    return { ...this.record, units: [], keys: keys.reverse(), attempts: [...this.#attempts].reverse() };
  }

  reserve(reserved: ReservedRecord): void {
    const { id, at, psk, facts, wanted } = reserved;
    this.record = { ...this.record, hardwareId: this.record.hardwareId ?? wanted.hardwareId };
    this.#reserved.set(id, reserved);
    this.#attempts.push({ ...facts, id, outcome: 'open', startedAt: at });
    const live = this.#keys.findIndex((key) => key.psk === psk && key.state !== 'superseded');
    if (live < 0) this.#keys.push({ id: this.#keys.length + 1, state: 'pending', createdAt: at, psk });
  }

  /** The newest image that an attempt was about to write. */
  describe(id: string, image: FlashImage): void {
    const attempt = this.#attempts.find((candidate) => candidate.id === id);
    if (attempt !== undefined) attempt.image = image;
  }

  end(record: EndRecord): void {
    const attempt = this.#attempts.find(({ id }) => id === record.id);
    const reserved = this.#reserved.get(record.id);
    if (attempt === undefined || reserved === undefined) return;
    const { stagesMs, baud, log, wifi } = record;
    Object.assign(attempt, { endedAt: record.at, stagesMs, baud, log, wifi });
    if (record.type === 'failed') {
      Object.assign(attempt, { outcome: 'failed', code: record.code, stage: record.stage });
      return;
    }
    Object.assign(attempt, { outcome: 'passed', image: record.image });
    this.#prove(reserved.psk, record.at);
    const { hardwareId } = this.record;
    const proven = { status: 'provisioned', provisionedAt: record.at };
    this.record = { ...this.record, ...reserved.wanted, hardwareId, ...proven };
  }

  #prove(psk: string, at: string): void {
    const proven = this.#keys.findLast((key) => key.psk === psk);
    for (const key of this.#keys) {
      if (key === proven) Object.assign(key, { state: 'current', provenAt: at, supersededAt: undefined });
      else if (key.state !== 'superseded') Object.assign(key, { state: 'superseded', supersededAt: at });
    }
  }
}

export class KeyHistory {
  readonly #devices = new Map<string, FileDevice>();
  readonly #reservations = new Map<string, FileDevice>();
  readonly #refused: Conflict[] = [];

  constructor(records: readonly KeyFileRecord[]) {
    for (const record of records) {
      if (record.type === 'reserved') this.#reserved(record);
      if (record.type === 'built') this.#reservations.get(record.id)?.describe(record.id, record.image);
      if (record.type === 'confirmed' || record.type === 'failed')
        this.#reservations.get(record.id)?.end(record);
      if (record.type === 'refused') this.#refused.push(record.conflict);
    }
  }

  #reserved(record: ReservedRecord): void {
    const device = this.#devices.get(record.mac) ?? new FileDevice(this.#devices.size + 1, record);
    this.#devices.set(record.mac, device);
    this.#reservations.set(record.id, device);
    device.reserve(record);
  }

  /** Boards that were stopped, newest first. */
  refused(): Conflict[] {
    return [...this.#refused].reverse();
  }

  /** Newest first. */
  devices(): FileDevice[] {
    return [...this.#devices.values()].reverse();
  }

  /** Devices that have one of the names. */
  holders({ mac, uuid, hardwareId }: BoardNames): DeviceRecord[] {
    const records = this.devices().map(({ record }) => record);
    return records.filter(
      (device) =>
        device.mac === mac ||
        device.uuid === uuid ||
        (hardwareId !== undefined && device.hardwareId === hardwareId),
    );
  }

  find(name: DeviceName): FileDevice | undefined {
    if ('mac' in name) return this.#devices.get(name.mac);
    // A file knows of no units, so of no serial number.
    if (!('uuid' in name)) return undefined;
    return [...this.#devices.values()].find(({ record }) => record.uuid === name.uuid);
  }

  /** The key that this board gets, with the number of a new attempt. @throws as chooseKey */
  reserve({ mac, uuid, psk: given, policy }: ReserveRequest): Reservation {
    const device = this.find({ mac });
    const status = device?.record.status;
    const [current, pending] = [device?.keyIn('current'), device?.keyIn('pending')];
    const psk = chooseKey({ mac, uuid, policy, given, status, current, pending }) ?? generatePsk();
    return makeReservation({ id: randomUUID(), mac, uuid, known: knownAs(status) }, psk);
  }

  /** @throws DEVICE_UNKNOWN */
  need(name: DeviceName): FileDevice {
    const device = this.find(name);
    if (device !== undefined) return device;
    throw new EspmintError('DEVICE_UNKNOWN', { device: nameOfDevice(name) });
  }

  /** @throws RESERVATION_UNKNOWN */
  ofReservation(id: string): FileDevice {
    const device = this.#reservations.get(id);
    if (device === undefined) throw new EspmintError('RESERVATION_UNKNOWN', { id });
    return device;
  }
}

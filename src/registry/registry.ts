// The registry: who was provisioned, with which key. This interface is its manual.
//
// The one promise behind it all: a PSK that may be on a chip is never lost. So a key is stored before it is flashed
// (`reserve`), becomes the device's key only after it was proven on the chip (`confirm`), and no key is ever
// overwritten: what was replaced stays in the history, marked superseded.
//
//   const reservation = await registry.reserve({ mac, uuid, caUrl, policy: 'keep' });
//   ... flash and prove reservation.psk ...
//   await registry.confirm(reservation.id, { image });      or      await registry.fail(reservation.id, { code })
//
// Every call can be made again after a crash or a lost connection. All failures are EspmintErrors; none of them, and no
// record but `Reservation.psk` and the answer of `reveal`, holds a secret.
import type { FlashImage } from '../core/flash-image.js';
import type { EspmintError } from '../core/errors/index.js';
import type { Conflict, ConflictDecision } from '../core/conflict.js';
import type { DeviceDetails } from '../core/device-details.js';
import type { DeviceName } from '../core/device-name.js';
import type { AttemptOutcome, KeyState } from '../core/states.js';
import type { AttemptFacts, AttemptTimings } from './devices/attempt-facts.js';
import type { Asker } from './process-user.js';
import type { PushCounts } from './push/push.js';

/** What to do with a board that the registry already holds as provisioned. */
export type KnownPolicy =
  /** Flash the key it already has. */
  | 'keep'
  /** Give it a new key; the old one stays its current key until the new one is proven. */
  | 'rotate'
  /** Stop with DEVICE_KNOWN. */
  | 'refuse';

export type { DeviceName };

/** What tells one board from all others. */
export interface BoardNames {
  /** Lower case with colons. */
  readonly mac: string;
  /** Lower case with dashes. */
  readonly uuid: string;
  /** The unique id in the chip's eFuses, 32 lower-case hex digits; all 0 or all f counts as absent. */
  readonly hardwareId?: string | undefined;
}

/** What one board is to become. Text is validated by the caller; its widths are DETAIL_WIDTHS. */
export interface ReserveRequest extends BoardNames, DeviceDetails {
  /** 32 lower-case hex digits; made from a CSPRNG when absent. */
  readonly psk?: string | undefined;
  readonly caUrl: string;
  readonly policy: KnownPolicy;
  /** Who tries, where, with what. */
  readonly facts?: AttemptFacts | undefined;
}

/** A board that may pass without a reservation. */
export type ScreenRequest = BoardNames & Pick<ReserveRequest, 'facts'>;

/** A key that is durably stored and may now be flashed. */
export interface Reservation {
  /** Names this attempt in `confirm` and `fail`. */
  readonly id: string;
  readonly mac: string;
  readonly uuid: string;
  /** What the registry held of this board before. */
  readonly known: 'new' | 'pending' | 'provisioned';
  /** The PSK to flash, 32 lower-case hex digits. Not enumerable: printing a reservation does not print it. */
  readonly psk: string;
}

/** What was proven on the chip. */
export interface Proof extends AttemptTimings {
  readonly image: FlashImage;
}

/** Why an attempt ended without proof. */
export interface Failure extends AttemptTimings {
  /** Stable error code, for example `LINK_TIMEOUT`. */
  readonly code: string;
  /** The stage it ended in. */
  readonly stage?: string | undefined;
}

/** One device as the registry holds it, without secrets. */
export interface DeviceRecord extends DeviceDetails {
  readonly id: number;
  readonly uuid: string;
  readonly mac: string;
  /** The unique id in the chip's eFuses, once a chip with one was met; with the MAC it tells a clone. */
  readonly hardwareId?: string | undefined;
  /** `pending` until its first proof, then `provisioned`, `removed` as a tombstone; other programs may set others. */
  readonly status: string;
  /** ISO 8601 in UTC; absent while pending. */
  readonly provisionedAt?: string | undefined;
}

/** A device in a list, with the unit that it is: the newest that passed, else the newest. */
export interface ListedDevice extends DeviceRecord {
  readonly serial?: string | undefined;
  readonly batch?: string | undefined;
  readonly lot?: string | undefined;
}

/** One key in a device's history; the key itself only comes out of `reveal`. */
export interface KeyRecord {
  readonly id: number;
  readonly state: KeyState;
  readonly createdAt: string;
  readonly provenAt?: string | undefined;
  readonly supersededAt?: string | undefined;
}

/** One try to provision the device, with what it reported of itself. */
export interface AttemptRecord extends AttemptFacts, AttemptTimings {
  readonly id: string;
  readonly outcome: AttemptOutcome;
  readonly startedAt: string;
  readonly code?: string | undefined;
  readonly stage?: string | undefined;
  /** What was to be written, from `built` on. */
  readonly image?: FlashImage | undefined;
}

/** A board of a batch that this device was, or is. */
export interface DeviceUnit {
  readonly batch: string;
  readonly lot?: string | undefined;
  readonly serial?: string | undefined;
  readonly chip?: string | undefined;
  readonly passed: boolean;
  /** ISO 8601 in UTC: when the batch first took the board in. */
  readonly claimedAt: string;
  readonly passedAt?: string | undefined;
}

/** One device with its history, newest first. */
export interface DeviceHistory extends DeviceRecord {
  /** One for each batch that it was a board of; a unit that passed comes before one that did not. */
  readonly units: readonly DeviceUnit[];
  readonly keys: readonly KeyRecord[];
  readonly attempts: readonly AttemptRecord[];
}

/** Which devices to list; all conditions must hold. */
export interface DeviceFilter {
  readonly status?: string | undefined;
  /** Also those with the status `removed`, which are left out unless `status` names them. */
  readonly includeRemoved?: boolean | undefined;
  /**
   * Found anywhere in the location, without regard to case. Hex digits are found at the start or end of a MAC (in any
   * spelling) or the start of a UUID too, or anywhere in them where no device has those digits there; a whole MAC or
   * UUID is that device alone. One or two characters: at the start of UUID, MAC or a word of the location. From three
   * characters on, also anywhere in the serial number of a unit of it, and as the whole name or lot of its batch.
   */
  readonly text?: string | undefined;
  /** With an attempt for the batch of this name. */
  readonly batch?: string | undefined;
  /** With a unit in a batch of this lot. */
  readonly lot?: string | undefined;
  /** With a unit of this serial number. */
  readonly serial?: string | undefined;
  /** With an attempt at the station of this name; together with `batch`, the same attempt. */
  readonly station?: string | undefined;
  /** Provisioned at or after this time; ISO 8601. */
  readonly since?: string | undefined;
  /** Provisioned before this time; ISO 8601. */
  readonly until?: string | undefined;
  /** 1 to 1000, default 100. */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

/** Devices, newest first: by the time of their provisioning where the filter names a time, else by their number. */
export interface DevicePage {
  readonly devices: readonly ListedDevice[];
  /** Give it as `after` for the next page; absent on the last one. */
  readonly next?: string | undefined;
}

export interface RegistryStatus {
  readonly reachable: boolean;
  /** Why it cannot be used. */
  readonly failure?: EspmintError | undefined;
  /** Attempts that are in the journal and not yet in the registry. */
  readonly pendingSync: number;
  /** When the oldest of these was written down, ISO 8601; absent without any. */
  readonly owedSince?: string | undefined;
  /** What is not as it should be in all that this computer keeps for the registry; absent: it keeps nothing. */
  readonly spool?: readonly SpoolFault[] | undefined;
  /** Boards that were refused because they contradict the registry, and wait for somebody to decide. */
  readonly conflicts: number;
  /** What is still to be sent to the user's own tables and services; absent where it is not known. */
  readonly pushes?: PushCounts | undefined;
  /** How old this station's copy of the allow and deny lists is, for the time without the registry; ISO 8601. */
  readonly listsCopiedAt?: string | undefined;
}

/** Which conflicts to list. */
export interface ConflictFilter {
  /** Also those that somebody has decided about. */
  readonly all?: boolean | undefined;
  /** The one of this number, whatever its state. */
  readonly id?: number | undefined;
}

/** What somebody decided about a conflict. */
export interface Decision extends Asker {
  readonly decision: ConflictDecision;
  /** For the audit trail. */
  readonly reason: string;
}

/** What a check of a board found. */
export interface CheckResult {
  readonly profile?: { readonly name: string; readonly version: number } | undefined;
  /** A sentence each, without secrets; none: the board passed. */
  readonly differences: readonly string[];
}

export interface Registry {
  /** How a person would name this registry; never with a password. */
  readonly description: string;

  /** The device of that name, or undefined. */
  find(device: DeviceName): Promise<DeviceRecord | undefined>;

  /**
   * Stores UUID, MAC and key durably and returns the key to flash. A board that is still pending gets the key of its
   * earlier reservation again: a crash may have left it on the chip. A key given by the caller is taken instead, and
   * both stay in the history. A provisioned board follows `policy`. One that contradicts the registry is stopped; it
   * is written down as a conflict for somebody to decide, and the error brings both histories.
   *
   * @throws CLONE_SUSPECTED, HARDWARE_ID_TAKEN, UUID_TAKEN, MAC_TAKEN (both sides named), DEVICE_KNOWN, DEVICE_REMOVED, DEVICE_DENIED,
   *   DEVICE_NOT_ALLOWED, KEY_DIFFERS (policy keep and another key given),
   *   INPUT_INVALID (a text too wide), DISK_FULL, REGISTRY_*
   */
  reserve(request: ReserveRequest): Promise<Reservation>;

  /**
   * Asks whether a board may be here at all, without reserving anything: for one that may pass untouched.
   *
   * @throws as reserve: conflicts, DEVICE_REMOVED, DEVICE_DENIED, DEVICE_NOT_ALLOWED, REGISTRY_*
   */
  screen(board: ScreenRequest): Promise<void>;

  /** Notes the image of a reservation durably, before the first erase: after a crash it tells whether the chip holds it. */
  built(reservationId: string, image: FlashImage): Promise<void>;

  /** The key of this reservation is proven: it becomes the current one, and what it replaces becomes superseded. */
  confirm(reservationId: string, proof: Proof): Promise<DeviceRecord>;

  /** The attempt ended without proof. Its key stays pending, for the chip may hold it. */
  fail(reservationId: string, failure: Failure): Promise<void>;

  list(filter?: DeviceFilter): Promise<DevicePage>;

  /** @throws DEVICE_UNKNOWN */
  show(device: DeviceName): Promise<DeviceHistory>;

  /**
   * The PSK of a device, its pending one while it has no current one. Who asked and why is written to the audit trail
   * first; if that fails, nothing is revealed.
   *
   * @param by who asks, and from where; the user of this process when absent
   * @throws DEVICE_UNKNOWN, INPUT_INVALID (no reason given)
   */
  reveal(mac: string, reason: string, by?: Asker): Promise<string>;

  /**
   * Writes to the audit trail that the label of a device is printed again, and why.
   *
   * @param by who prints, and from where; the user of this process when absent
   * @throws DEVICE_UNKNOWN, INPUT_INVALID (no reason given)
   */
  labelled(mac: string, reason: string, by?: Asker): Promise<void>;

  /**
   * What the registry knows of a key that was read from a board, without telling its own; undefined: no key of this device.
   *
   * @throws DEVICE_UNKNOWN
   */
  compareKey(mac: string, psk: string): Promise<KeyRecord['state'] | undefined>;

  /**
   * Writes to the audit trail that a board was compared with what it must be; it may be one that the registry does not
   * know.
   *
   * @param by who checked, and from where; the user of this process when absent
   */
  checked(mac: string, result: CheckResult, by?: Asker): Promise<void>;

  /** Boards that were refused because they contradict the registry, newest first. */
  conflicts(filter?: ConflictFilter): Promise<readonly Conflict[]>;

  /**
   * Decides about a conflict. `keep`: the registered device stays, and the board stays refused. `replace`: the refused
   * board is the device from now on, pending with a key of its own. `set-aside`: the registered device becomes a
   * tombstone, and the board stays refused. Every key stays in the history, and who decided and why in the audit
   * trail. A second time the same decision changes nothing.
   *
   * @throws CONFLICT_UNKNOWN, CONFLICT_SETTLED, INPUT_INVALID (no reason given), and the code of a conflict where the
   *   board contradicts still another device
   */
  resolve(id: number, decision: Decision): Promise<Conflict>;

  /** Whether the registry can be reached, and what it still lacks. Never throws. */
  status(): Promise<RegistryStatus>;

  /** Leaves the registry. Never throws, may be called again. */
  close(): Promise<void>;
}

/** One fault that a person has to look at. */
export type SpoolFault = EspmintError<
  'SPOOL_UNREADABLE' | 'SPOOL_DAMAGED' | 'SPOOL_SET_ASIDE' | 'SPOOL_DEAD_LETTER'
>;

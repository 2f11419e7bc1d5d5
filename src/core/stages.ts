// The way of one device: the names of its stages and the events that tell of them, one union for CLI, service and web.
import type { JoinWhy } from './why.js';
import type { Conflict } from './conflict.js';
import type { ErrorCode, Warning } from './errors/index.js';
import type { FlashImage } from './flash-image.js';
import type { WifiMode } from './wifi.js';
import type { AppDescription } from './firmware/image.js';

/** In the order in which they run. */
export const STAGES = [
  'connect',
  'inspect',
  'identify',
  'reserve',
  'build',
  'write',
  'verify',
  'reset',
  'boot',
  'join',
  'confirm',
] as const;
export type Stage = (typeof STAGES)[number];

/** What a chip said of itself; no field is secret. */
export interface ChipFacts {
  /** Lower-case chip name as esptool spells it: `esp32`, `esp32s3`, ... */
  readonly chip: string;
  /** Human text, for example `ESP32-D0WD-V3`. */
  readonly description: string;
  /** `v3.1` style. */
  readonly revision: string;
  /** Base MAC, lower case with colons. */
  readonly mac: string;
  /** 0 when the flash id is not known. */
  readonly flashSizeBytes: number;
  /** JEDEC id of the flash: maker in bits 7..0, type in 15..8, size code in 23..16. */
  readonly flashId?: number;
  /** PSRAM inside the package, as the eFuses tell; absent where they do not. */
  readonly psramBytes?: number;
  readonly crystalMhz?: number;
  /** The optional 128-bit id of the eFuses, 32 lower-case hex digits; absent where none was burnt. */
  readonly uniqueId?: string;
}

/** What says that a board is on its network: its log, its firmware when asked, or an acknowledgement from inside it. */
export const WIFI_PROOFS = ['log', 'firmware', 'acknowledgement'] as const;
export type WifiProof = (typeof WIFI_PROOFS)[number];

/** What an attempt keeps of a board's Wi-Fi; no field is secret. */
export interface WifiRecord {
  readonly mode: WifiMode;
  /** `unproven`: nothing said how it went; `not-asked`: the profile wants no proof. */
  readonly result: 'joined' | 'failed' | 'unproven' | 'not-asked';
  /** The network that it was given; absent where its firmware gets one later. */
  readonly ssid?: string | undefined;
  /** Of a board that joined. */
  readonly proof?: WifiProof | undefined;
  /** The board's own address, where it reported one. */
  readonly address?: string | undefined;
  /** Why it is not on the network, in words. */
  readonly reason?: string | undefined;
  /** The same as a code. */
  readonly why?: JoinWhy | undefined;
}

interface OfBoard {
  /** Port address as the user gave it (credentials removed). */
  readonly port: string;
}

interface AttemptStarted extends OfBoard {
  readonly type: 'attempt';
  readonly attempt: number;
  readonly of: number;
}
interface StageStarted extends OfBoard {
  readonly type: 'stage';
  readonly stage: Stage;
  readonly state: 'started';
}
interface StageFinished extends OfBoard {
  readonly type: 'stage';
  readonly stage: Stage;
  readonly state: 'done' | 'failed';
  readonly durationMs: number;
}
interface WriteProgress extends OfBoard {
  readonly type: 'progress';
  readonly stage: Stage;
  /** 0 to 100, never falling within one attempt. */
  readonly percent: number;
  /** Of the flash that is to be written, in `write`: the rate is what they grow by in time. */
  readonly doneBytes?: number;
  readonly totalBytes?: number;
}
interface ChipKnown extends OfBoard {
  readonly type: 'chip';
  readonly facts: ChipFacts;
}
interface DeviceIdentified extends OfBoard {
  readonly type: 'identity';
  readonly mac: string;
  readonly uuid: string;
  /** What the registry knew of it before. */
  readonly known: 'new' | 'pending' | 'provisioned';
}
/** The application that starts, as it describes itself: that of the bundle, or the one that the flash holds. */
interface FirmwareKnown extends OfBoard {
  readonly type: 'firmware';
  readonly app: AppDescription;
}
/** What the new image does to what the board's NVS held; names as `namespace:key`, never values. */
interface NvsCompared extends OfBoard {
  readonly type: 'nvs';
  readonly mode: 'replace' | 'merge';
  readonly kept: readonly string[];
  readonly changed: readonly string[];
  readonly added: readonly string[];
  /** In mode `replace`: values of other software that are gone after the write. */
  readonly lost: readonly string[];
}
/** What a run waits for beside the board: a hand of the operator, or the air. */
export const OPERATOR_ACTIONS = [
  /** The WPS button of the access point is to be pressed. */
  'wps-button',
  /** The access point's own command has opened the window. */
  'wps-window',
  /** Another board has the WPS window: two at once end both. */
  'wps-turn',
  /** The network is sent over the air. */
  'smartconfig',
  /** Boards of another network have the air. */
  'smartconfig-turn',
] as const;
export type OperatorAction = (typeof OPERATOR_ACTIONS)[number];
/** Holds until the next one, or until its stage ends. */
export interface ActionNeeded extends OfBoard {
  readonly type: 'action';
  readonly action: OperatorAction;
  /** How long from now; absent: as long as others take. */
  readonly withinMs?: number;
}
interface Warned extends OfBoard, Warning {
  readonly type: 'warning';
}
export interface Passed extends OfBoard {
  readonly type: 'result';
  readonly ok: true;
  readonly chip: string;
  readonly mac: string;
  readonly uuid: string;
  /** The identity that the board holds. */
  readonly image: FlashImage;
  /** The device held these very bytes from an earlier pass in the same batch, and was left untouched. */
  readonly alreadyDone?: true;
  /** How the board gets onto Wi-Fi, and what of it was proven. */
  readonly wifi?: WifiRecord;
  /** In a batch that numbers its units. */
  readonly serial?: string;
  readonly durationMs: number;
  readonly stagesMs: Partial<Record<Stage, number>>;
}
export interface Failed extends OfBoard {
  readonly type: 'result';
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message: string;
  /** The part of `message` that says what to do, as a sentence of its own. */
  readonly next: string;
  readonly stage: Stage;
  readonly retryable: boolean;
  readonly mac?: string;
  readonly uuid?: string;
  /** Where the board contradicts the registry: both histories. */
  readonly conflict?: Conflict;
  /** What the board printed before its boot check failed: its last lines, secrets masked. */
  readonly log?: readonly string[];
  /** Where it failed to get onto its network. */
  readonly wifi?: WifiRecord;
  readonly durationMs: number;
}

export type ProvisionResult = Passed | Failed;
export type ProvisionEvent =
  | AttemptStarted
  | StageStarted
  | StageFinished
  | WriteProgress
  | ChipKnown
  | DeviceIdentified
  | FirmwareKnown
  | NvsCompared
  | ActionNeeded
  | Warned
  | ProvisionResult;

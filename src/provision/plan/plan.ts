// What is to be done with each board of a run: the profile with its secrets resolved, and what flags changed.
import type { BatchDetails } from '../../core/device-details.js';
import type { NvsLayout, WifiPlan } from '../../core/device-config.js';
import type { FirmwareBundle } from '../../core/firmware/bundle.js';
import type { Mac } from '../../core/mac.js';
import type { Profile, ProfileRegion } from '../../core/profile/schema.js';
import type { Psk } from '../../core/psk.js';
import type { UuidRecipe } from '../../core/uuid.js';
import type { WifiCredentials, WifiLimits } from '../../core/wifi.js';
import type { ConsoleScript, WpsHook } from '../../wifi/index.js';
import type { KnownPolicy, ProfileContent } from '../../registry/index.js';

/** Where the image goes, as far as the user said. Bytes from the start of flash. */
export interface Target {
  readonly partition?: string | undefined;
  readonly offsetBytes?: number | undefined;
  readonly sizeBytes?: number | undefined;
  /** Where the firmware has its partition table; absent: it is looked for. */
  readonly tableOffsetBytes?: number | undefined;
  /** Write even where the partition table says that the region is not NVS. */
  readonly force: boolean;
}

/** How a board shows after its reset that its firmware runs. */
export type BootCheck = NonNullable<Profile['boot']>;

/** What the operator says in place of a board in Secure Download Mode, and takes upon himself. */
export interface Unproven {
  readonly mac: Mac;
}

/** How a board gets its network in the run. */
export type HandOver = CableHandOver | WpsHandOver | SmartConfigHandOver;

/** Over the port that it is plugged into. */
export interface CableHandOver {
  readonly mode: 'improv' | 'console' | 'portal';
  /** Of `console`. */
  readonly script?: ConsoleScript | undefined;
  /** Milliseconds until the board must be on the network; absent: as long as the way usually takes. */
  readonly timeoutMs?: number | undefined;
}

/** From the access point, while its WPS window is open. */
export interface WpsHandOver {
  readonly mode: 'wps';
  readonly method: 'pin' | 'button';
  /** The access point's own command; absent: somebody presses its button. */
  readonly hook?: WpsHook | undefined;
  readonly timeoutMs: number;
}

/** Over the air, as lengths of packets. */
export interface SmartConfigHandOver {
  readonly mode: 'smartconfig';
  readonly protocol: 'v1' | 'v2';
  /** 16 characters. */
  readonly key?: string | undefined;
  /** MAC of the access point; absent: of the one that this host is joined to. */
  readonly bssid?: string | undefined;
  readonly timeoutMs: number;
}

/** A region of the profile, with the content of its file. */
export interface PlannedRegion extends Omit<ProfileRegion, 'file'> {
  readonly file?: Uint8Array | undefined;
}

/** Names of columns, and what the firmware has room for. */
interface OwnWifi extends NonNullable<NonNullable<Profile['wifi']>['columns']> {
  readonly limits: WifiLimits;
}

/** How the NVS of boards is encrypted, its secret resolved. */
export interface NvsEncryption {
  readonly scheme: 'flash' | 'hmac';
  readonly keyPartition?: string | undefined;
  /** Of `hmac`, where all chips have the same: 32 bytes. */
  readonly hmacKey?: Uint8Array | undefined;
  readonly column?: string | undefined;
}

/** A firmware version is typed; absent: what the application says of itself. */
export interface ProvisionPlan extends BatchDetails {
  /** The profile that it was made of; absent where flags alone say all. */
  readonly profile?: ProfileContent | undefined;
  readonly expectChip?: string | undefined;
  readonly target: Target;
  readonly identity: { readonly recipe: UuidRecipe; readonly namespaceUuid?: string | undefined };
  readonly layout: NvsLayout;
  /** Absent: the NVS is plain. */
  readonly encryption?: NvsEncryption | undefined;
  readonly caUrl: string;
  readonly wifi?: WifiCredentials | undefined;
  /** Each board has a network of its own, in these columns of its list of values. */
  readonly ownWifi?: OwnWifi | undefined;
  /** How boards get onto Wi-Fi; absent: by `wifi`, in the firmware's own keys. */
  readonly wifiPlan?: WifiPlan | undefined;
  /** The boot log must prove that the board is on the network. */
  readonly join?: { readonly timeoutMs: number } | undefined;
  /** The network is handed to the firmware once it runs. */
  readonly handOver?: HandOver | undefined;
  /** What boards are brought to hold beside their identity; absent: what stands there stays. */
  readonly firmware?: FirmwareBundle | undefined;
  /** A list whose rows are values of its own for each board. */
  readonly values?: Profile['values'];
  /** Written beside the identity, each to its own place. */
  readonly regions?: readonly PlannedRegion[] | undefined;
  /** What a board must be before anything is written to it. */
  readonly expect?: Profile['expect'];
  /** What must not be on a board that leaves. */
  readonly ship?: Profile['ship'];
  /** Absent: the board is reset and not listened to. */
  readonly boot?: BootCheck | undefined;
  readonly known: KnownPolicy;
  /** Default `md5`, the chip's own digest of the region; `readback` also reads it and compares key by key. */
  readonly verify?: 'md5' | 'readback' | undefined;
  /** Whole tries, from opening the port on. */
  readonly attempts: number;
  /** Highest bits per second to try. */
  readonly baud: number;
  /** For the whole board, all tries included; absent: four minutes and what the boot check may take. */
  readonly timeoutMs?: number | undefined;
  /** Given by the caller for one board, instead of derived and generated. */
  readonly given: {
    readonly uuid?: string | undefined;
    readonly psk?: Psk | undefined;
    /** The code that names its row in a list of values whose rows are scanned. */
    readonly row?: string | undefined;
  };
  /** Absent: a board in Secure Download Mode is refused. */
  readonly unproven?: Unproven | undefined;
}

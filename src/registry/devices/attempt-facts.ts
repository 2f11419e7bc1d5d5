// What an attempt tells of itself beside its outcome: history for people to read, never a condition of anything.
import type { AppDescription } from '../../core/firmware/image.js';
import type { Stage, WifiRecord } from '../../core/stages.js';

/** Known when the key is reserved. No secret in it. */
export interface AttemptFacts {
  /** Name of the station. */
  readonly station?: string | undefined;
  readonly slot?: number | undefined;
  /** The port's address. */
  readonly port?: string | undefined;
  /** Who works at the station: the signed-in user, or the user of the process. */
  readonly operator?: string | undefined;
  /** Of espmint. */
  readonly toolVersion?: string | undefined;
  /** Name of the batch. */
  readonly batch?: string | undefined;
  readonly profile?: ProfileContent | undefined;
  readonly chip?: AttemptChip | undefined;
  readonly firmware?: AttemptFirmware | undefined;
}

/** What the board starts, and how that is known. */
interface AttemptFirmware {
  /** Somebody's word for its version: absent where the application itself tells. */
  readonly typed?: string | undefined;
  /** Read from the image that was flashed, or from the flash. */
  readonly app?: AppDescription | undefined;
  /** Digest of the bundle that the run flashed. */
  readonly bundle?: string | undefined;
}

/** One content of a profile. */
export interface ProfileContent {
  readonly name: string;
  readonly version: number;
  /** Lower-case hex SHA-256 of what the profile says (`core/profile/digest.ts`); it knows no secrets. */
  readonly sha256: string;
}

/** What the chip said of itself. */
export interface AttemptChip {
  /** Lower-case chip name as esptool spells it. */
  readonly kind: string;
  /** Package and variant, for example `ESP32-D0WD-V3`. */
  readonly description: string;
  /** `v3.1` style. */
  readonly revision: string;
  /** 0 when the flash did not tell. */
  readonly flashSizeBytes: number;
}

/** Known when the attempt ends. */
export interface AttemptTimings {
  /** Milliseconds of each stage that ran; without `confirm`, which this is written in. */
  readonly stagesMs?: Readonly<Partial<Record<Stage, number>>> | undefined;
  /** Bits per second that the link bore in the end. */
  readonly baud?: number | undefined;
  /** ISO 8601: when it ended, where the registry hears of it later; absent: now. */
  readonly endedAt?: string | undefined;
  /** What the board printed before its boot check failed: its last lines, secrets masked. */
  readonly log?: readonly string[] | undefined;
  /** How the board gets onto Wi-Fi, and what of it was proven. */
  readonly wifi?: WifiRecord | undefined;
}

const REASON_CHARS = 1_000;

/** With texts that every database takes. */
export function storableWifi(wifi: WifiRecord | undefined): WifiRecord | undefined {
  if (wifi?.reason === undefined) return wifi;
  return { ...wifi, reason: storableLog([wifi.reason.slice(0, REASON_CHARS)]) };
}

/** Of a log that is kept: its end says most. */
const LOG_CHARS = 16_384;

/** One text that every database takes, or none where nothing was printed. */
export function storableLog(lines: readonly string[] = []): string | undefined {
  const text = lines
    .join('\n')
    .replaceAll(/\0|\p{Surrogate}/gu, '')
    .slice(-LOG_CHARS);
  // The cut may have gone through a character.
  return text === '' ? undefined : text.replaceAll(/\p{Surrogate}/gu, '');
}

/** Characters of a name that are kept: a limit against nonsense, not a promise. */
const NAME_CHARS = 255;

/** The facts with texts that every database takes: what is only history must not stop a board. */
export function storableFacts(facts: AttemptFacts = {}): AttemptFacts {
  const { station, port, operator, toolVersion, batch } = facts;
  return {
    ...facts,
    station: storable(station),
    port: storable(port),
    operator: storable(operator),
    toolVersion: storable(toolVersion),
    batch: storable(batch),
  };
}

/** An empty text says as little as none. */
function storable(text: string | undefined): string | undefined {
  const kept = [...(text ?? '').replaceAll(/\0|\p{Surrogate}/gu, '')].slice(0, NAME_CHARS).join('');
  return kept === '' ? undefined : kept;
}

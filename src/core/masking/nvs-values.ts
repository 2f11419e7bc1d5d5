// Which NVS values are shown. A board may be of another product than the station's, so a name alone decides nothing.
import { createMasker } from './masker.js';

/** What is known of keys by the profiles that somebody wrote. */
export interface KnownKeys {
  readonly secret: ReadonlySet<string>;
  readonly open: ReadonlySet<string>;
  /** There are profiles that cannot be read: any text and any bytes may be a secret of theirs. */
  readonly hasUnread: boolean;
}

/** A profile as far as it names keys. */
interface NamingProfile {
  readonly keys: Readonly<Record<'uuid' | 'psk' | 'caUrl' | 'ssid' | 'password', string>>;
  readonly rows: readonly { readonly key: string }[];
}

/**
 * A key that is a secret's in one of the profiles is secret, whatever another one uses it for.
 * @param hasUnread whether there are profiles that cannot be read
 */
export function keysOf(profiles: readonly NamingProfile[], hasUnread = false): KnownKeys {
  const secret = new Set(profiles.flatMap(({ keys }) => [keys.psk, keys.password]));
  const open = profiles.flatMap(({ keys, rows }) => [
    keys.uuid,
    keys.caUrl,
    keys.ssid,
    ...rows.map(({ key }) => key),
  ]);
  return { secret, open: new Set(open.filter((key) => !secret.has(key))), hasUnread };
}

export interface NamedValue {
  readonly namespace: string;
  readonly key: string;
  /** Text, bytes or a number. */
  readonly value: string | Uint8Array | number | bigint;
}

const shapes = createMasker();

/** By its name, or because it has the form of a key, a token or a URL with a password. */
export function isSecretValue({ key, value }: Pick<NamedValue, 'key' | 'value'>): boolean {
  if (isSecretKey(key)) return true;
  return typeof value === 'string' && shapes.foreign(value) !== value;
}

/**
 * True for what is a secret, and for what may be one: a text of which neither name nor form says that it is none, and
 * bytes of which nobody knows what they are. Numbers are shown unless their name is a secret's.
 */
export function isHiddenValue(named: NamedValue, known: KnownKeys): boolean {
  const { namespace, key, value } = named;
  if (known.secret.has(key) || isSecretValue(named)) return true;
  if (typeof value === 'number' || typeof value === 'bigint') return false;
  if (known.hasUnread) return value.length > 0;
  if (known.open.has(key)) return false;
  if (typeof value === 'string') return !isHarmlessText(value) && !HARMLESS_KEY.test(key);
  return value.length > SHORT_BYTES && !HARMLESS_BLOBS.includes(`${namespace}:${key}`);
}

/** A MAC, or a number of eight bytes. */
const SHORT_BYTES = 8;
/** Of ESP-IDF: calibration of the radio, and what it keeps of its networks but their passwords. */
const HARMLESS_BLOBS = [
  'phy:cal_data',
  'phy:cal_mac',
  'nvs.net80211:sta.ssid',
  'nvs.net80211:sta.bssid',
  'nvs.net80211:ap.ssid',
];
const HARMLESS_KEY =
  /(?:^|[_.-])(?:ssid|url|uri|host(?:name)?|server|addr(?:ess)?|ip|uuid|guid|mac|ver(?:sion)?|fw|hw|rev(?:ision)?|model|serial|sn|location|country|lang(?:uage)?|tz|timezone|mode|product|vendor|batch|lot|date|topic)\d*(?:[_.-]|$)/i;

function isHarmlessText(text: string): boolean {
  return HARMLESS_TEXTS.some((form) => form.test(text));
}

const HARMLESS_TEXTS: readonly RegExp[] = [
  /^.{0,2}$/s,
  /^(?:true|false|yes|no|on|off|null|none|default|auto|enabled|disabled)$/i,
  // UUID, MAC, IPv4 address, version, date, number of up to six digits, URL without user and query.
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i,
  /^(?:\d{1,3}\.){3}\d{1,3}$/,
  /^v?\d{1,4}(?:\.\d{1,4}){1,3}$/i,
  /^\d{4}-\d\d-\d\d(?:[T ][\d:.]{4,12}Z?)?$/,
  /^[+-]?\d{1,6}(?:\.\d{1,6})?$/,
  /^(?:https?|mqtts?|wss?|ntp|coaps?|tcp):\/\/[\w.-]{1,255}(?::\d{1,5})?\/?$/i,
];

/** Parts of names that firmware authors give to secrets, as whole words or inside longer names. */
const SECRET_WORDS = /psk|pass|pswd|pwd|secret|token|key|pmk|apsw|priv|cred|(^|[_.-])(pin|pop)([_.-]|\d|$)/i;

/** True when a key's name says that its value is a secret: better one value too many masked than one too few. */
export function isSecretKey(key: string): boolean {
  return SECRET_WORDS.test(key);
}

// What a Wi-Fi network name and its password may be, for firmware that copies them into fixed C arrays.
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { EspmintError } from './errors/index.js';
import type { Why } from './why.js';

export interface WifiCredentials {
  readonly ssid: string;
  /** Absent or empty for an open network. */
  readonly password?: string;
}

/**
 * Byte limits by who reads the values.
 * `char-array`: firmware that calls nvs_get_str into `char ssid[32]` and `char password[64]`. The call counts the
 * closing NUL and refuses a longer value with ESP_ERR_NVS_INVALID_LENGTH, so one byte less than the array fits.
 * `standard`: firmware that is ready for all that IEEE 802.11 allows (32 bytes; 64 hex digits for a raw PSK).
 */
export const WIFI_LIMITS = {
  'char-array': { ssidBytes: 31, passwordBytes: 63 },
  standard: { ssidBytes: 32, passwordBytes: 64 },
} as const;
export type WifiLimits = keyof typeof WIFI_LIMITS;

/** Of profile.schema.json; said where the value would be right for other firmware. */
const ALLOW_STANDARD =
  'where the firmware has arrays of 33 and 65 bytes, say "limits: standard" under "wifi" in the profile';

/** How a board gets onto Wi-Fi. */
export const WIFI_MODES = ['static', 'portal', 'wps', 'smartconfig', 'improv', 'console'] as const;
export type WifiMode = (typeof WIFI_MODES)[number];

/** The limits that count for a profile: where the firmware's own arrays do not hold the values, those of esp_wifi. */
export function limitsOf(wifi: {
  readonly mode: WifiMode;
  readonly limits: WifiLimits;
  readonly target: 'zc' | 'net80211' | 'both';
}): WifiLimits {
  return wifi.mode !== 'static' || wifi.target === 'net80211' ? 'standard' : wifi.limits;
}

/** As esp_wifi tells them apart (wifi_auth_mode_t), for people. */
export const NETWORK_SECURITIES = [
  'open',
  'WEP',
  'WPA',
  'WPA2',
  'WPA/WPA2',
  '802.1X',
  'WPA3',
  'WPA2/WPA3',
  'OWE',
  'other',
] as const;
export type NetworkSecurity = (typeof NETWORK_SECURITIES)[number];

const MIN_PASSPHRASE_BYTES = 8;
const RAW_KEY_DIGITS = 64;

/**
 * Refuses credentials that a device could not use: lengths in bytes of UTF-8, characters of a WPA passphrase.
 * @throws WIFI_INVALID; the message never repeats the password.
 */
export function checkWifi(wifi: WifiCredentials, limits: WifiLimits = 'char-array'): void {
  checkSsid(wifi.ssid, WIFI_LIMITS[limits].ssidBytes);
  if (wifi.password !== undefined && wifi.password !== '') {
    checkPassword(wifi.password, WIFI_LIMITS[limits].passwordBytes);
  }
}

function checkSsid(ssid: string, maxBytes: number): void {
  const bytes = utf8ToBytes(ssid).length;
  const refuse = (why: Why, reason: string, hint = `give 1 to ${maxBytes} bytes of UTF-8`): never => {
    throw new EspmintError('WIFI_INVALID', { field: 'SSID', reason, hint, why, maxBytes });
  };
  if (bytes === 0) refuse('empty', 'is empty');
  if (ssid.includes('\0')) refuse('not-text', 'has a NUL character');
  if (/\p{Surrogate}|\uFFFD/u.test(ssid)) {
    refuse(
      'not-text',
      'is no UTF-8 text',
      'type the name again, or rename a network whose name has other bytes',
    );
  }
  if (bytes > maxBytes) {
    const reason = `has ${bytes} bytes where the firmware has room for ${maxBytes}`;
    const more = bytes <= WIFI_LIMITS.standard.ssidBytes ? `, or ${ALLOW_STANDARD}` : '';
    refuse('too-long', reason, `give 1 to ${maxBytes} bytes of UTF-8${more}`);
  }
}

function checkPassword(password: string, maxBytes: number): void {
  const bytes = utf8ToBytes(password).length;
  const hint = `give ${MIN_PASSPHRASE_BYTES} to ${Math.min(maxBytes, 63)} printable ASCII characters, or none for an open network`;
  const refuse = (why: Why, reason: string, more = ''): never => {
    throw new EspmintError('WIFI_INVALID', { field: 'password', reason, hint: hint + more, why, maxBytes });
  };
  if (bytes > maxBytes) {
    const isRawKey = new RegExp(`^[0-9a-f]{${RAW_KEY_DIGITS}}$`, 'i').test(password);
    refuse(
      'too-long',
      `has ${bytes} bytes where the firmware has room for ${maxBytes}`,
      isRawKey ? `, or ${ALLOW_STANDARD}` : '',
    );
  }
  if (bytes === RAW_KEY_DIGITS && !/^[0-9a-f]+$/i.test(password))
    refuse('not-hex', 'has 64 characters that are not all hex digits');
  if (bytes < MIN_PASSPHRASE_BYTES) refuse('too-short', `has ${bytes} bytes, which WPA does not allow`);
  if (!/^[\x20-\x7e]+$/.test(password)) refuse('not-ascii', 'has characters outside printable ASCII');
}

// The NVS rows by which firmware learns its network, and how it is to get one: esp_wifi's own store, and the mode keys.
import type { NvsRow } from './nvs/index.js';
import { WifiExtras } from './nvs/wifi-extras.js';
import type { WifiCredentials } from './wifi.js';

const DRIVER_NAMESPACE = 'nvs.net80211';
const SSID_BYTES = 32;
const PASSWORD_BYTES = 64;

/**
 * The rows of esp_wifi's own store, as Espressif's generator writes them from its CSV: the name with its length, the
 * password filled up with zeros, and the blobs that belong to them. Firmware that calls esp_wifi_start and
 * esp_wifi_connect without setting a configuration of its own joins by them. Only in the partition labelled `nvs`.
 */
export function net80211Rows({ ssid, password = '' }: WifiCredentials): NvsRow[] {
  const name = new TextEncoder().encode(ssid);
  const sized = new Uint8Array(4 + SSID_BYTES);
  new DataView(sized.buffer).setUint32(0, name.length, true);
  sized.set(name, 4);
  const secret = new Uint8Array(PASSWORD_BYTES);
  secret.set(new TextEncoder().encode(password));
  const blob = (key: string, value: Uint8Array): NvsRow => ({
    namespace: DRIVER_NAMESPACE,
    key,
    type: 'blob',
    value,
  });
  const extras = new WifiExtras().stationExtras().map(([key, data]) => blob(key, data));
  return [blob('sta.ssid', sized), ...extras, blob('sta.pswd', secret)];
}

/** What a mode other than static gives the firmware; the contract is docs/guides/wifi.md. */
export type WifiModeSettings =
  | {
      readonly mode: 'portal';
      readonly security: 0 | 1 | 2;
      /** The device's own; absent with security 0. */
      readonly proof?: string | undefined;
      readonly salt?: Uint8Array | undefined;
      readonly verifier?: Uint8Array | undefined;
    }
  | { readonly mode: 'wps'; readonly pin?: string | undefined }
  | {
      readonly mode: 'smartconfig';
      readonly protocol: 'v1' | 'airkiss' | 'both' | 'v2';
      readonly key?: string | undefined;
    };

/** Numbers of esp_smartconfig's smartconfig_type_t. */
const SMARTCONFIG_TYPES = { v1: 0, airkiss: 1, both: 2, v2: 3 } as const;
const WPS_BUTTON = 1;
const WPS_PIN = 2;

/** The rows of a mode: `wifi_mode`, and its parameters. No mode but static has a network name or password. */
export function wifiModeRows(settings: WifiModeSettings, namespace: string): NvsRow[] {
  const text = (key: string, value: string | undefined): NvsRow[] =>
    value === undefined ? [] : [{ namespace, key, type: 'string', value }];
  const number = (key: string, value: number): NvsRow[] => [{ namespace, key, type: 'u8', value }];
  const blob = (key: string, value: Uint8Array | undefined): NvsRow[] =>
    value === undefined ? [] : [{ namespace, key, type: 'blob', value }];
  const mode = text('wifi_mode', settings.mode);
  switch (settings.mode) {
    case 'portal':
      return [
        ...mode,
        ...number('wifi_sec_ver', settings.security),
        // The device of security 2 keeps only what cannot be turned back into the proof.
        ...(settings.security === 1 ? text('wifi_pop', settings.proof) : []),
        ...blob('wifi_sec2_salt', settings.salt),
        ...blob('wifi_sec2_vrf', settings.verifier),
      ];
    case 'wps':
      return [
        ...mode,
        ...number('wifi_wps_type', settings.pin === undefined ? WPS_BUTTON : WPS_PIN),
        ...text('wifi_wps_pin', settings.pin),
      ];
    case 'smartconfig':
      return [
        ...mode,
        ...number('wifi_sc_type', SMARTCONFIG_TYPES[settings.protocol]),
        ...text('wifi_sc_key', settings.key),
      ];
  }
}

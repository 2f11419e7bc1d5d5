// The values that one device gets, and the NVS rows that carry them.
import { hexToBytes } from '@noble/hashes/utils.js';
import { EspmintError } from './errors/index.js';
import type { Mac } from './mac.js';
import type { NvsRow } from './nvs/index.js';
import { fillTemplate } from './profile/template.js';
import type { Profile, ProfileRegion, ProfileRow } from './profile/schema.js';
import type { Psk } from './psk.js';
import { valueText, type BoardValues } from './values/rows.js';
import type { WifiCredentials } from './wifi.js';
import { deviceProof, deviceVerifier, deviceWpsPin } from './wifi-device-secrets.js';
import { net80211Rows, wifiModeRows } from './wifi-rows.js';

/** Where the firmware of a product looks for its values. */
export type NvsLayout = Profile['nvs'];

export interface DeviceValues {
  readonly mac: Mac;
  /** 36 characters. */
  readonly uuid: string;
  readonly psk: Psk;
  readonly chip: string;
  readonly caUrl: string;
  readonly wifi?: WifiCredentials | undefined;
  /** How it is to get a network; absent: by `wifi`, in the firmware's own keys. */
  readonly wifiPlan?: WifiPlan | undefined;
  readonly firmwareVersion?: string | undefined;
  readonly hardwareRevision?: string | undefined;
  /** Serial number of the unit in its batch. */
  readonly serial?: string | undefined;
  /** Of its row in the list of values. */
  readonly own?: BoardValues | undefined;
}

/** What texts of a profile may name: never the key. */
export type PublicValues = Omit<DeviceValues, 'psk'>;

/**
 * The rows of a device's image: UUID, PSK, CA URL, Wi-Fi name and password, in this order, then the profile's own.
 * A device without Wi-Fi has no Wi-Fi rows; an open network has an empty password.
 * @throws INPUT_INVALID when a profile row's value is not of its type.
 */
export function deviceRows(values: DeviceValues, layout: NvsLayout): NvsRow[] {
  const { namespace, keys } = layout;
  const texts: [string, string | undefined][] = [
    [keys.uuid, values.uuid],
    [keys.psk, values.psk],
    [keys.caUrl, values.caUrl],
    ...(hasOwnKeys(values.wifiPlan) ? ownNetwork(values.wifi, keys) : []),
  ];
  const identity = texts.flatMap(([key, value]): NvsRow[] =>
    value === undefined ? [] : [{ namespace, key, type: 'string', value }],
  );
  const network = values.wifiPlan === undefined ? [] : networkRows(values.wifiPlan, values, namespace);
  return [
    ...identity,
    ...network,
    ...layout.rows.map((row) => profileRow(row, namespace, placeholders(values, row.type))),
  ];
}

/** Whether the firmware's own keys hold the network. */
const hasOwnKeys = (plan: WifiPlan | undefined): boolean =>
  plan === undefined || (plan.mode === 'static' && plan.target !== 'net80211');

/** The rows of a further NVS partition: nothing of the identity is in it but what a placeholder names. */
export function regionRows(
  values: PublicValues,
  { namespace = 'factory', rows }: Pick<NonNullable<ProfileRegion['nvs']>, 'namespace' | 'rows'>,
): NvsRow[] {
  return rows.map((row) => profileRow(row, namespace, placeholders(values, row.type)));
}

/** @throws INPUT_INVALID */
export function fillText(values: PublicValues, text: string): string {
  return fillTemplate(text, placeholders(values, 'string'));
}

function ownNetwork(
  wifi: WifiCredentials | undefined,
  keys: NvsLayout['keys'],
): [string, string | undefined][] {
  if (wifi === undefined) return [];
  return [
    [keys.ssid, wifi.ssid],
    [keys.password, wifi.password ?? ''],
  ];
}

/** What of a profile's Wi-Fi every board of a run shares; a device's own secrets come from its key. */
export type WifiPlan =
  | { readonly mode: 'static'; readonly target: 'zc' | 'net80211' | 'both' }
  | {
      readonly mode: 'portal';
      readonly target?: undefined;
      readonly security: 0 | 1 | 2;
      readonly username: string;
    }
  | { readonly mode: 'wps'; readonly target?: undefined; readonly method: 'pin' | 'button' }
  | {
      readonly mode: 'smartconfig';
      readonly target?: undefined;
      readonly protocol: 'v1' | 'airkiss' | 'both' | 'v2';
      readonly key?: string | undefined;
    }
  /** Nothing in flash: the network is handed to the firmware once it runs. */
  | { readonly mode: 'improv' | 'console'; readonly target?: undefined };

/** @param key of SmartConfig, 16 characters, where the profile names one */
export function wifiPlanOf(wifi: NonNullable<Profile['wifi']>, key?: string): WifiPlan {
  switch (wifi.mode) {
    case 'static':
      return { mode: wifi.mode, target: wifi.target };
    case 'portal':
      return { mode: wifi.mode, security: 1, username: 'wifiprov', ...wifi.portal };
    case 'wps':
      return { mode: wifi.mode, method: wifi.wps?.method ?? 'pin' };
    case 'smartconfig':
      return { mode: wifi.mode, protocol: wifi.smartconfig?.protocol ?? 'v2', key };
    case 'improv':
    case 'console':
      return { mode: wifi.mode };
  }
}

function networkRows(plan: WifiPlan, { psk, wifi }: DeviceValues, namespace: string): NvsRow[] {
  switch (plan.mode) {
    case 'static':
      return plan.target === 'zc' || wifi === undefined ? [] : net80211Rows(wifi);
    case 'portal': {
      const { mode, security } = plan;
      const kept = security === 2 ? deviceVerifier(psk, plan.username) : {};
      return wifiModeRows({ mode, security, proof: deviceProof(psk), ...kept }, namespace);
    }
    case 'wps':
      return wifiModeRows(
        { mode: 'wps', pin: plan.method === 'pin' ? deviceWpsPin(psk) : undefined },
        namespace,
      );
    case 'smartconfig':
      return wifiModeRows(plan, namespace);
    case 'improv':
    case 'console':
      return [];
  }
}

function placeholders(values: PublicValues, rowType: string): Record<string, string> {
  const { mac, uuid, chip, firmwareVersion = '', hardwareRevision = '', serial = '', own = {} } = values;
  const fromList = Object.entries(own).map(([name, value]) => [name, valueText(value, rowType)] as const);
  return {
    ...Object.fromEntries(fromList),
    mac,
    macHex: mac.replaceAll(':', ''),
    uuid,
    chip,
    firmwareVersion,
    hardwareRevision,
    serial,
  };
}

function profileRow(
  row: ProfileRow,
  defaultNamespace: string,
  filling: Readonly<Record<string, string>>,
): NvsRow {
  const namespace = row.namespace ?? defaultNamespace;
  const text = typeof row.value === 'string' ? fillTemplate(row.value, filling) : String(row.value);
  const refuse = (reason: string): EspmintError =>
    new EspmintError('INPUT_INVALID', {
      field: `The profile's NVS row ${namespace}:${row.key}`,
      reason,
      hint: 'correct its value in the profile',
    });
  switch (row.type) {
    case 'string':
      return { namespace, key: row.key, type: 'string', value: text };
    case 'hex':
      if (!/^([0-9a-f]{2})*$/i.test(text)) throw refuse('is not an even number of hex digits');
      return { namespace, key: row.key, type: 'blob', value: hexToBytes(text) };
    case 'base64':
      return { namespace, key: row.key, type: 'blob', value: fromBase64(text, refuse) };
    default:
      if (!/^[+-]?\d+$/.test(text)) throw refuse(`is not a whole number for ${row.type}`);
      return { namespace, key: row.key, type: row.type, value: BigInt(text) };
  }
}

function fromBase64(text: string, refuse: (reason: string) => EspmintError): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw refuse('is not base64');
  }
}

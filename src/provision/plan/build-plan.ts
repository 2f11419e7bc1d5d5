// From a profile and what the caller changes of it to the plan of a run: all is checked before any port is opened.
import { hex } from '../../core/text.js';
import { findChip } from '../../core/chips/index.js';
import { wifiPlanOf } from '../../core/device-config.js';
import { checkCaUrl } from '../../core/ca-url.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { type BatchDetails, DETAIL_WIDTHS, type DeviceDetails } from '../../core/device-details.js';
import type { EspmintError } from '../../core/errors/index.js';
import { invalidInput } from '../../core/errors/index.js';
import { parseMac } from '../../core/mac.js';
import { profileDigest } from '../../core/profile/digest.js';
import type { FirmwareBundle } from '../../core/firmware/bundle.js';
import type { Profile } from '../../core/profile/schema.js';
import { parsePsk } from '../../core/psk.js';
import { parseUuid, type UuidRecipe } from '../../core/uuid.js';
import { checkWifi, limitsOf, type WifiCredentials } from '../../core/wifi.js';
import {
  asksForPin,
  CONSOLE_PRESETS,
  JOIN_TIMEOUT_MS,
  SMARTCONFIG_MS,
  WPS_WINDOW_MS,
  type ConsoleScript,
  type WpsHook,
} from '../../wifi/index.js';
import { checkHandOver } from './own-wifi.js';
import type {
  HandOver,
  NvsEncryption,
  PlannedRegion,
  ProvisionPlan,
  Target,
  Unproven,
  WpsHandOver,
} from './plan.js';

const SECTOR_BYTES = 0x1000;

/** What is said beside the profile, and wins over it. */
export interface PlanChanges extends DeviceDetails {
  readonly chip?: string | undefined;
  readonly partition?: string | undefined;
  readonly offset?: number | undefined;
  readonly size?: number | undefined;
  readonly forceOffset?: boolean | undefined;
  readonly partitionTableOffset?: number | undefined;
  readonly recipe?: UuidRecipe | undefined;
  readonly uuid?: string | undefined;
  readonly psk?: string | undefined;
  /** The code that names the board's row in a list of values. */
  readonly row?: string | undefined;
  /** Of a board in Secure Download Mode, with `allowUnproven` and not without. */
  readonly mac?: string | undefined;
  readonly allowUnproven?: boolean | undefined;
  /** What the profile's `firmware` names, or what is to be flashed instead. */
  readonly firmware?: FirmwareBundle | undefined;
  readonly wifiPassword?: string | undefined;
  /** The access point's own command for a WPS window in the run. */
  readonly wpsHook?: WpsHook | undefined;
  readonly replaceEncryptedNvs?: boolean | undefined;
  readonly nvsMode?: 'replace' | 'merge' | undefined;
  readonly known?: ProvisionPlan['known'] | undefined;
  readonly verify?: ProvisionPlan['verify'];
  readonly attempts?: number | undefined;
  readonly baud?: number | undefined;
}

/** Finds the secret behind a profile's reference, `file:PATH` or `env:NAME`. */
export type SecretResolver = (reference: string) => Promise<string>;

/** Reads a file that a profile names, by its path there. */
export type FileReader = (path: string) => Promise<Uint8Array>;

/** @throws the error of whichever value is wrong, and what the resolver throws. */
export async function buildPlan(
  profile: Profile,
  changes: PlanChanges,
  resolveSecret: SecretResolver,
  readFile?: FileReader,
): Promise<ProvisionPlan> {
  const { name, version } = profile;
  const wifi = await buildWifi(profile, changes, resolveSecret);
  const detail = (field: keyof BatchDetails, flag: string): string | undefined =>
    atMost(DETAIL_WIDTHS[field], flag, changes[field] ?? profile[field]);
  return {
    profile: { name, version, sha256: profileDigest(profile) },
    expectChip: chipName(changes.chip ?? profile.chip),
    target: driverStore(profile, buildTarget(profile.target, changes)),
    identity: {
      recipe: changes.recipe ?? profile.identity.recipe,
      namespaceUuid: profile.identity.namespaceUuid,
    },
    layout: {
      ...profile.nvs,
      mode: changes.nvsMode ?? profile.nvs.mode,
      replaceEncrypted: changes.replaceEncryptedNvs ?? profile.nvs.replaceEncrypted,
    },
    encryption: await buildEncryption(profile, resolveSecret),
    caUrl: buildCaUrl(changes.caUrl ?? profile.caUrl),
    wifi,
    ...(await buildWifiPlan(profile, changes, wifi, resolveSecret)),
    firmware: namedFirmware(profile, changes),
    regions: await readRegions(profile, readFile),
    values: profile.values,
    expect: profile.expect,
    ship: profile.ship,
    firmwareVersion: detail('firmwareVersion', '--firmware-version'),
    hardwareRevision: detail('hardwareRevision', '--hardware-revision'),
    location: detail('location', '--location'),
    boot: profile.boot,
    known: changes.known ?? profile.policy.known,
    verify: changes.verify ?? profile.policy.verify,
    attempts: changes.attempts ?? profile.policy.attempts,
    baud: changes.baud ?? profile.policy.baud,
    given: {
      uuid: changes.uuid === undefined ? undefined : parseUuid(changes.uuid),
      psk: changes.psk === undefined ? undefined : parsePsk(changes.psk),
      row: scannedRow(profile, changes.row),
    },
    unproven: buildUnproven(changes),
  };
}

/** @throws INPUT_INVALID for a code that nothing is looked up by */
function scannedRow({ values }: Profile, row: string | undefined): string | undefined {
  if (row === undefined || values?.match === 'scan') return row?.trim();
  throw invalidInput(
    '--row',
    'names a row by its code, and the rows of this profile are given in another way',
    'write match: scan below values in the profile, or leave it out',
  );
}

/** @throws INPUT_INVALID */
async function buildEncryption(
  { nvs: { encryption }, values, regions }: Profile,
  resolveSecret: SecretResolver,
): Promise<NvsEncryption | undefined> {
  const refuse = (field: string, reason: string, hint: string): EspmintError =>
    invalidInput(field, reason, hint);
  if (encryption === undefined) {
    if (!regions.some(({ nvs }) => nvs?.encrypted === true)) return undefined;
    throw refuse(
      'nvs.encrypted of a region',
      'is set, and the NVS has no key',
      'add nvs.encryption to the profile',
    );
  }
  const { hmacKey: reference, column } = encryption;
  const declared = values?.columns.find(({ name }) => name === column);
  if (column !== undefined && (declared?.secret !== true || declared.type !== 'hex'))
    throw refuse(
      `The column "${column}" of nvs.encryption`,
      'is no secret column of type hex',
      'declare it in values.columns with type: hex and secret: true',
    );
  if (reference === undefined) return { ...encryption, hmacKey: undefined };
  const text = (await resolveSecret(reference)).trim();
  if (!/^[0-9a-f]{64}$/i.test(text))
    throw refuse(
      'nvs.encryption.hmacKey',
      'is not 64 hex digits',
      'give the 32 bytes that are in the chips, in hex',
    );
  return { ...encryption, hmacKey: hexToBytes(text.toLowerCase()) };
}

/** @throws INPUT_INVALID where nobody reads files here */
async function readRegions({ regions }: Profile, readFile: FileReader | undefined): Promise<PlannedRegion[]> {
  const planned: PlannedRegion[] = [];
  for (const { file, ...region } of regions) {
    if (file !== undefined && readFile === undefined) {
      throw invalidInput(
        `The file "${file}" of a region`,
        'is on a computer that this one does not read',
        'use nvs, hex or text for it, or run this profile from the command line',
      );
    }
    planned.push({ ...region, file: file === undefined ? undefined : await readFile?.(file) });
  }
  return planned;
}

/** A profile that names a firmware never goes without one. */
function namedFirmware({ firmware: named }: Profile, { firmware }: PlanChanges): FirmwareBundle | undefined {
  if (named === undefined || firmware !== undefined) return firmware;
  throw invalidInput(
    `The firmware "${named}" of the profile`,
    'was not read',
    'give what readBundle makes of that file as `firmware`',
  );
}

/** Both or neither: a MAC that nobody reads from the chip is only taken from who knows what that means. */
function buildUnproven({ mac, allowUnproven = false }: PlanChanges): Unproven | undefined {
  if (mac !== undefined && allowUnproven) return { mac: parseMac(mac) };
  if (mac === undefined && !allowUnproven) return undefined;
  throw invalidInput(
    allowUnproven ? '--allow-unproven' : '--mac',
    `is given without ${allowUnproven ? '--mac' : '--allow-unproven'}`,
    'give both for a board in Secure Download Mode, and neither for any other: those tell their own MAC',
  );
}

function chipName(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const chip = findChip(text);
  if (chip !== undefined) return chip.name;
  throw invalidInput(
    '--chip',
    `is "${text}", which is no chip that espmint knows`,
    'give a name such as esp32 or esp32s3, or leave it out',
  );
}

/** A place given by the caller replaces the profile's; half of it is never mixed with half of the other. */
function buildTarget(target: Profile['target'], changes: PlanChanges): Target {
  const { partition, offset, size, partitionTableOffset, forceOffset = false } = changes;
  if (partition !== undefined && offset !== undefined) {
    throw invalidInput('--partition and --offset', 'both say where the image goes', 'give only one of them');
  }
  const placed = partition !== undefined || offset !== undefined;
  return {
    partition: placed ? partition : target.partition,
    offsetBytes: placed ? offset : target.offset,
    sizeBytes: placed ? size : (size ?? target.size),
    tableOffsetBytes: tableOffset(partitionTableOffset ?? target.partitionTableOffset),
    force: forceOffset,
  };
}

function tableOffset(bytes: number | undefined): number | undefined {
  if (bytes === undefined || (bytes > 0 && bytes % SECTOR_BYTES === 0)) return bytes;
  throw invalidInput(
    '--partition-table-offset',
    `is ${hex(bytes)}, where no sector of flash begins`,
    'give a multiple of 0x1000, as CONFIG_PARTITION_TABLE_OFFSET of the firmware has it',
  );
}

function buildCaUrl(url: string | undefined): string {
  if (url === undefined) {
    throw invalidInput(
      'The CA URL',
      'is missing',
      'give --ca-url https://ca.example.com:8443, or caUrl in a profile',
    );
  }
  checkCaUrl(url);
  return url;
}

async function buildWifi(
  profile: Profile,
  changes: PlanChanges,
  resolveSecret: SecretResolver,
): Promise<WifiCredentials | undefined> {
  const ssid = changes.wifiSsid ?? profile.wifi?.ssid;
  if (ssid === undefined) {
    if (changes.wifiPassword === undefined) return undefined;
    throw invalidInput('--wifi-password-file', 'is given without a network name', 'add --wifi-ssid');
  }
  const password = await wifiPassword(profile, changes, resolveSecret);
  const wifi: WifiCredentials = password === undefined ? { ssid } : { ssid, password };
  checkWifi(wifi, profile.wifi && limitsOf(profile.wifi));
  return wifi;
}

/** esp_wifi looks for its store in the partition labelled `nvs`, and nowhere else. */
const DRIVER_PARTITION = 'nvs';

/** @throws INPUT_INVALID where esp_wifi's store would go elsewhere */
function driverStore({ wifi }: Profile, target: Target): Target {
  if (wifi === undefined || wifi.mode !== 'static' || wifi.target === 'zc') return target;
  if (target.partition === DRIVER_PARTITION) return target;
  if (target.partition === undefined && target.offsetBytes === undefined) {
    return { ...target, partition: DRIVER_PARTITION };
  }
  throw invalidInput(
    'wifi.target',
    `is ${wifi.target}, and the image goes elsewhere than to the partition "${DRIVER_PARTITION}"`,
    `name that partition, or use wifi.target zc`,
  );
}

type Wifi = NonNullable<Profile['wifi']>;
const SMARTCONFIG_KEY_BYTES = 16;

/** A network named by the caller is static where the profile's mode has none of its own. */
async function buildWifiPlan(
  { wifi, boot }: Profile,
  { wifiSsid, wpsHook }: PlanChanges,
  credentials: WifiCredentials | undefined,
  resolveSecret: SecretResolver,
): Promise<Pick<ProvisionPlan, 'wifiPlan' | 'join' | 'handOver' | 'ownWifi'>> {
  if (wifi === undefined) return {};
  const { mode, ssid, columns, target } = wifi;
  const join = wifi.join && { timeoutMs: wifi.join.timeoutMs ?? JOIN_TIMEOUT_MS };
  const isOther = wifiSsid !== undefined;
  if (isOther && mode !== 'static' && ssid === undefined && columns === undefined)
    return { wifiPlan: { mode: 'static', target }, join };
  const ownWifi = columns === undefined || isOther ? undefined : { ...columns, limits: limitsOf(wifi) };
  if (mode === 'static') return { wifiPlan: { mode, target }, join, ownWifi };
  const key = await smartConfigKey(wifi, resolveSecret);
  const wifiPlan = wifiPlanOf(wifi, key);
  if (mode === 'wps') return { wifiPlan, handOver: wpsHandOver(wifi, wpsHook) };
  if (credentials === undefined && ownWifi === undefined) return { wifiPlan };
  const handOver = handOverOf({ ...wifi, mode }, { boot, key });
  checkHandOver(handOver, credentials ?? PLACEHOLDER);
  return { wifiPlan, handOver, ownWifi };
}

function handOverOf(
  wifi: Wifi & { readonly mode: Exclude<HandOver['mode'], 'wps'> },
  { boot, key }: { readonly boot: Profile['boot']; readonly key: string | undefined },
): HandOver {
  const { mode, join, smartconfig } = wifi;
  if (mode !== 'smartconfig')
    return {
      mode,
      script: mode === 'console' ? consoleScript(wifi, boot) : undefined,
      timeoutMs: join?.timeoutMs,
    };
  // Firmware that takes both kinds hears version 1 of this one.
  const protocol = (smartconfig?.protocol ?? 'v2') === 'v2' ? 'v2' : 'v1';
  return { mode, protocol, key, bssid: smartconfig?.bssid, timeoutMs: join?.timeoutMs ?? SMARTCONFIG_MS };
}

/** @throws INPUT_INVALID where nobody tells the access point the PIN: the label of the board comes after its run */
function wpsHandOver({ wps, join }: Wifi, hook: WpsHook | undefined): WpsHandOver | undefined {
  if (join === undefined) return undefined;
  const { method = 'pin' } = wps ?? {};
  if (asksForPin(hook) === (method === 'pin'))
    return { mode: 'wps', method, hook, timeoutMs: join.timeoutMs ?? WPS_WINDOW_MS };
  throw invalidInput(
    'wifi.wps.method',
    method === 'pin'
      ? 'is pin, and nothing tells the access point the PIN of each board in the run'
      : 'is button, and the command of the access point asks for a PIN',
    'give --wps-hook \'hostapd_cli <<< "wps_pin any {{pin}} 120"\' with pin, and "hostapd_cli wps_pbc" or none with button',
  );
}

/** For commands that are checked before any board has its row. */
const PLACEHOLDER: WifiCredentials = { ssid: 'network', password: 'password' };

/** The console's rate is that of the boot log, where the script names none. */
function consoleScript({ console: own }: Wifi, boot: Profile['boot']): ConsoleScript {
  return { baud: boot?.baud, ...(own?.script ?? CONSOLE_PRESETS[own?.preset ?? 'zc']) };
}

async function smartConfigKey(
  { smartconfig }: Wifi,
  resolveSecret: SecretResolver,
): Promise<string | undefined> {
  if (smartconfig?.key === undefined) return undefined;
  const key = await resolveSecret(smartconfig.key);
  const bytes = new TextEncoder().encode(key).length;
  if (bytes === SMARTCONFIG_KEY_BYTES) return key;
  throw invalidInput(
    'wifi.smartconfig.key',
    `has ${bytes} bytes`,
    `give ${SMARTCONFIG_KEY_BYTES}, the same as in the firmware`,
  );
}

async function wifiPassword(
  profile: Profile,
  changes: PlanChanges,
  resolveSecret: SecretResolver,
): Promise<string | undefined> {
  if (changes.wifiPassword !== undefined) return changes.wifiPassword;
  // A network named by the caller is another network: the profile's password is not for it.
  if (changes.wifiSsid !== undefined && changes.wifiSsid !== profile.wifi?.ssid) return undefined;
  const reference = profile.wifi?.password;
  return reference === undefined ? undefined : resolveSecret(reference);
}

function atMost(characters: number, field: string, text: string | undefined): string | undefined {
  if (text === undefined || text.length <= characters) return text;
  throw invalidInput(
    field,
    `has ${text.length} characters, more than the ${characters} of its registry column`,
    'shorten it',
  );
}

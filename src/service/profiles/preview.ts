// What a board would get from a profile: the rows of its image with secrets masked, how full the image is, where it goes.
import { checkCaUrl } from '../../core/ca-url.js';
import { deviceRows, wifiPlanOf, type DeviceValues } from '../../core/device-config.js';
import { isEspmintError } from '../../core/errors/index.js';
import { parseMac } from '../../core/mac.js';
import { decodeNvs, encodeNvs, type NvsRow } from '../../core/nvs/index.js';
import { EMPTY_SURVEY, type FlashSurvey } from '../../core/flash-survey.js';
import { PARTITION_TABLE_OFFSET_BYTES } from '../../core/partition-table.js';
import { profileSchema, type Profile } from '../../core/profile/schema.js';
import { parsePsk } from '../../core/psk.js';
import { quotedCell } from '../../core/text.js';
import { deviceUuid } from '../../core/uuid.js';
import { limitsOf, WIFI_LIMITS } from '../../core/wifi.js';
import { chooseRegion, DEFAULT_SIZE_BYTES, type Region } from '../../provision/index.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { BodyOf, Finding, NvsRowInfo, PartitionInfo, Preview } from '../contract/index.js';
import { keysOf } from '../../core/masking/nvs-values.js';
import { describeValue, entryCounts } from '../ports/nvs-rows.js';
import { describePartition } from '../ports/partitions.js';
import { nextTurn } from '../turns.js';
import { type CheckedInput, checkInput } from './profile-text.js';

type PreviewRequest = BodyOf<'previewProfile'>;

const EXAMPLE_MAC = 'a4:cf:12:34:56:78';
const EXAMPLE_CHIP = 'esp32';
const EXAMPLE_CA_URL = 'https://ca.example.com';
/** Stand for what only the run knows. They never leave: their rows are masked. */
const EXAMPLE_PSK = parsePsk('0'.repeat(32));
const EXAMPLE_PASSWORD = 'a Wi-Fi password';
const EXAMPLE_SMARTCONFIG_KEY = 'sixteen letters.';
const CA_URL_MAX_BYTES = 255;

const KIB = 1024;
/** ESP-IDF's partitions_singleapp.csv on 4 MB of flash. */
const STOCK_FLASH = {
  flashSizeBytes: 4 * KIB * KIB,
  partitions: [
    { label: 'nvs', type: 1, subtype: 2, offsetBytes: 0x9000, sizeBytes: 0x6000 },
    { label: 'phy_init', type: 1, subtype: 1, offsetBytes: 0xf000, sizeBytes: 0x1000 },
    { label: 'factory', type: 0, subtype: 0, offsetBytes: 0x10000, sizeBytes: 0x100000 },
  ].map((partition) => describePartition({ ...partition, encrypted: false, readonly: false })),
};

/** Never throws for what is wrong with the profile: that becomes findings. */
export async function previewProfile(request: PreviewRequest, known?: CheckedInput): Promise<Preview> {
  const checked = known ?? (await checkInput(request.profile));
  const findings: Finding[] = 'findings' in checked ? [...checked.findings] : [];
  const profile = 'profile' in checked ? checked.profile : undefined;
  const place = placeImage(profile?.target ?? {}, request);
  if (profile === undefined) {
    const limits = byteLimits('read' in checked ? checked.read : undefined);
    return { findings, rows: [], csv: '', limits, flash: place };
  }
  const note = (path: string, error: unknown): void => {
    if (!isEspmintError(error)) throw error;
    findings.push({
      path,
      code: error.code,
      reason: `is not accepted: ${error.message}`,
      line: 1,
      column: 1,
    });
  };
  const rows =
    attempt(
      () => exampleRows(profile, request),
      (error) => note('nvs.rows', error),
    ) ?? [];
  const sizeBytes = place.region?.sizeBytes ?? DEFAULT_SIZE_BYTES;
  await nextTurn();
  const image = attempt(
    () => describeImage(rows, sizeBytes),
    (error) => note('nvs.rows', error),
  );
  await nextTurn();
  const secretKeys = keysOf([profile.nvs]);
  const shown = rows.flatMap((row) => (row.type === 'namespace' ? [] : [describeValue(row, secretKeys)]));
  return {
    findings,
    rows: shown,
    csv: toCsv(shown),
    ...(image === undefined ? {} : { image }),
    limits: byteLimits(profile),
    flash: place,
  };
}

function attempt<T>(work: () => T, onError: (error: unknown) => void): T | undefined {
  try {
    return work();
  } catch (error) {
    onError(error);
    return undefined;
  }
}

function exampleRows(profile: Profile, { mac: macText, chip }: PreviewRequest): NvsRow[] {
  const mac = parseMac(macText ?? EXAMPLE_MAC);
  const { recipe, namespaceUuid } = profile.identity;
  const caUrl = profile.caUrl ?? EXAMPLE_CA_URL;
  checkCaUrl(caUrl);
  const wifi =
    profile.wifi?.ssid === undefined
      ? undefined
      : {
          ssid: profile.wifi.ssid,
          ...(profile.wifi.password === undefined ? {} : { password: EXAMPLE_PASSWORD }),
        };
  const values: DeviceValues = {
    mac,
    uuid: deviceUuid(mac, recipe, namespaceUuid),
    psk: EXAMPLE_PSK,
    chip: chip ?? profile.chip ?? EXAMPLE_CHIP,
    caUrl,
    wifi,
    wifiPlan:
      profile.wifi && wifiPlanOf(profile.wifi, profile.wifi.smartconfig?.key && EXAMPLE_SMARTCONFIG_KEY),
    firmwareVersion: profile.firmwareVersion,
    hardwareRevision: profile.hardwareRevision,
  };
  return deviceRows(values, profile.nvs);
}

function describeImage(rows: readonly NvsRow[], sizeBytes: number): NonNullable<Preview['image']> {
  const image = decodeNvs(encodeNvs(rows, sizeBytes));
  const names = new Map(image.namespaces.map(({ index, name }) => [index, name]));
  const listing = image.pages.flatMap((page) =>
    page.entries.map((entry) => ({
      offsetBytes: entry.offsetBytes,
      page: page.index,
      namespace: entry.namespaceIndex === 0 ? '' : (names.get(entry.namespaceIndex) ?? ''),
      key: entry.key,
      type: `0x${entry.type.toString(16).padStart(2, '0')}`,
      entries: entry.slotsTaken,
    })),
  );
  return { sizeBytes, ...entryCounts(image), listing };
}

/** Espressif's CSV (key,type,encoding,value), namespaces first, secrets masked. */
function toCsv(rows: readonly NvsRowInfo[]): string {
  const lines = ['key,type,encoding,value'];
  let namespace: string | undefined;
  for (const row of rows) {
    if (row.namespace !== namespace) lines.push(`${quotedCell(row.namespace)},namespace,,`);
    namespace = row.namespace;
    const encoding = row.type === 'blob' ? 'hex2bin' : row.type;
    lines.push(`${quotedCell(row.key)},data,${encoding},${quotedCell(row.value)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** @param read a profile, or what stands in one that is refused */
function byteLimits(read: unknown): Preview['limits'] {
  const { wifi, ...rest } = settingsIn(read);
  const { ssid, mode = 'static', target, limits } = settingsIn(wifi);
  const asked = limits === 'standard' ? 'standard' : 'char-array';
  const wifiLimits = limitsOf({ mode, target, limits: asked } as Parameters<typeof limitsOf>[0]);
  const texts: [string, unknown, number][] = [
    ['caUrl', rest['caUrl'], CA_URL_MAX_BYTES],
    ['wifi.ssid', ssid, WIFI_LIMITS[wifiLimits].ssidBytes],
    ['firmwareVersion', rest['firmwareVersion'], 20],
    ['hardwareRevision', rest['hardwareRevision'], 10],
    ['location', rest['location'], 100],
  ];
  return texts.flatMap(([path, text, maxBytes]) =>
    typeof text === 'string' ? [{ path, bytes: utf8ToBytes(text).length, maxBytes }] : [],
  );
}

const settingsIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/** The same decision as a run makes, on the flash of the inspected board or on a usual one. */
function placeImage(target: Profile['target'], request: PreviewRequest): Preview['flash'] {
  const { flashSizeBytes, partitions } = request.flash ?? STOCK_FLASH;
  const wanted = {
    partition: target.partition,
    offsetBytes: target.offset,
    sizeBytes: target.size,
    force: false,
  };
  const survey = partitions.length === 0 ? EMPTY_SURVEY : surveyOf(partitions);
  const flash = { flashSizeBytes, partitions: [...partitions] };
  try {
    const { warnings, ...region } = chooseRegion(wanted, { port: 'The board', survey, flashSizeBytes });
    return { ...flash, region: onlyRegion(region), fits: true, notes: [...warnings] };
  } catch (error) {
    if (!isEspmintError(error)) throw error;
    const region =
      target.offset === undefined
        ? undefined
        : { offsetBytes: target.offset, sizeBytes: target.size ?? DEFAULT_SIZE_BYTES };
    const notes = [{ code: error.code, message: error.message }];
    return { ...flash, ...(region === undefined ? {} : { region }), fits: false, notes };
  }
}

function onlyRegion({ offsetBytes, sizeBytes }: Region): Region {
  return { offsetBytes, sizeBytes };
}

function surveyOf(partitions: readonly PartitionInfo[]): FlashSurvey {
  const table = { partitions, md5Checked: false };
  return { ...EMPTY_SURVEY, tables: [{ offsetBytes: PARTITION_TABLE_OFFSET_BYTES, table }] };
}

/** A profile with nothing but defaults, for a station where none is chosen yet. */
export function defaultProfile(): Profile {
  return profileSchema.parse({ name: 'default' });
}

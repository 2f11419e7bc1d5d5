// Everything one board says of itself, side by side with what the registry says of it. Changes nothing on the board.
import { md5Hex, sha256Hex } from '../../core/digest.js';
import { type EspmintError, isEspmintError } from '../../core/errors/index.js';
import { settleTable, type FlashSurvey } from '../../core/flash-survey.js';
import { decodeNvs, type NvsValue } from '../../core/nvs/index.js';
import type { Profile } from '../../core/profile/schema.js';
import type { Board } from '../../driver/index.js';
import { chooseRegion, readFirmware, type Region } from '../../provision/index.js';
import type { Asker, DeviceHistory, Registry } from '../../registry/index.js';
import type { Inspection } from '../contract/index.js';
import type { ServiceParts } from '../parts.js';
import { describePartition } from './partitions.js';
import { keysOf, type KnownKeys } from '../../core/masking/nvs-values.js';
import { describeValue, entryCounts } from './nvs-rows.js';

/** Names of the identity keys, and the region, as the station's profile has them. */
export type Lookup = Pick<Profile, 'nvs' | 'target'> & {
  readonly baud: number;
  /** Of every profile that this station knows: the board may be of any of them. */
  readonly layouts: readonly Profile['nvs'][];
  /** Profiles that cannot be read: any of them may be the board's. */
  readonly damaged: readonly EspmintError[];
  /** Who asks for the secrets too, and why. */
  readonly reveal?: (Asker & { readonly reason: string }) | undefined;
};

type Warning = Inspection['warnings'][number];
type Comparison = NonNullable<Inspection['registry']>['compared'][number];

/** @throws what connecting and reading throw; a registry that is out of reach only leaves its side out. */
export async function inspectBoard(
  port: string,
  parts: Pick<ServiceParts, 'connect' | 'registry'>,
  lookup: Lookup,
  signal: AbortSignal,
): Promise<Inspection> {
  const warnings: Warning[] = lookup.damaged.map(({ code, message }) => ({ code, message }));
  const onWarning = (warning: Warning): void => void warnings.push(warning);
  const board = await parts.connect(port, { baud: lookup.baud, signal, onWarning });
  try {
    const { reveal } = lookup;
    // Into the audit trail first: if that fails, nothing is shown.
    if (reveal !== undefined) await parts.registry.reveal(board.facts.mac, reveal.reason, reveal);
    const known =
      reveal === undefined ? keysOf([lookup.nvs, ...lookup.layouts], lookup.damaged.length > 0) : undefined;
    const wanted = lookup.target.partitionTableOffset;
    const survey = await orWarn(warnings, () => board.survey({ tableOffsetBytes: wanted }));
    const found =
      survey && (await orWarn(warnings, () => settleTable(survey, { port, wantedOffsetBytes: wanted })));
    const isSettled = warnings.length === lookup.damaged.length;
    const region =
      survey && isSettled ? await orWarn(warnings, () => regionOf(port, board, survey, lookup)) : undefined;
    const content = region && (await orWarn(warnings, () => board.readFlash(region)));
    const firmware = found && (await orWarn(warnings, () => readFirmware(board, found.table, signal)));
    await board.reset();
    const nvs =
      region === undefined || content === undefined
        ? undefined
        : { region, content, values: decodeNvs(content).values };
    const device = await orWarn(warnings, () => findDevice(parts.registry, board.facts.mac));
    return {
      port,
      chip: board.facts,
      security: board.security,
      ...(found === undefined ? {} : { partitions: found.table.partitions.map(describePartition) }),
      ...(firmware === undefined ? {} : { firmware }),
      ...(nvs === undefined ? {} : { nvs: describeNvs(nvs.region, nvs.content, known) }),
      ...(device === undefined
        ? {}
        : { registry: compare(device, nvs?.values ?? [], nvs?.content, lookup.nvs) }),
      warnings,
    };
  } finally {
    await board.close();
  }
}

/** Part of the picture may be missing; the rest is worth showing. */
async function orWarn<T>(warnings: Warning[], read: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isEspmintError(error) || isEspmintError(error, 'CANCELLED')) throw error;
    warnings.push({ code: error.code, message: error.message });
    return undefined;
  }
}

function regionOf(port: string, board: Board, survey: FlashSurvey, { target }: Lookup): Region {
  const { partition, offset: offsetBytes, size: sizeBytes, partitionTableOffset: tableOffsetBytes } = target;
  const { flashSizeBytes } = board.facts;
  const wanted = { partition, offsetBytes, sizeBytes, tableOffsetBytes, force: false };
  return chooseRegion(wanted, { port, survey, flashSizeBytes });
}

async function findDevice(registry: Registry, mac: string): Promise<DeviceHistory | undefined> {
  const found = await registry.find({ mac });
  return found === undefined ? undefined : registry.show({ mac });
}

function describeNvs(
  { offsetBytes, sizeBytes }: Region,
  content: Uint8Array,
  known: KnownKeys | undefined,
): NonNullable<Inspection['nvs']> {
  const image = decodeNvs(content);
  return {
    image: { offsetBytes, sizeBytes, md5: md5Hex(content), sha256: sha256Hex(content) },
    encrypted: image.looksEncrypted,
    rows: image.values.map((value) => describeValue(value, known)),
    ...entryCounts(image),
  };
}

/** Field by field. The key itself is not read out of the registry: its image says whether it is the same. */
function compare(
  device: DeviceHistory,
  values: readonly NvsValue[],
  content: Uint8Array | undefined,
  { namespace, keys }: Profile['nvs'],
): NonNullable<Inspection['registry']> {
  const onBoard = (key: string): string | undefined => {
    const value = values.find((candidate) => candidate.namespace === namespace && candidate.key === key);
    return value?.type === 'string' ? value.value : undefined;
  };
  const proven = device.attempts.find(({ outcome }) => outcome === 'passed')?.image?.sha256;
  const image = content === undefined ? undefined : sha256Hex(content);
  const compared: Comparison[] = [
    comparison('uuid', onBoard(keys.uuid), device.uuid),
    comparison('caUrl', onBoard(keys.caUrl), device.caUrl),
    comparison('wifiSsid', onBoard(keys.ssid), device.wifiSsid),
    comparison('image', image, proven),
  ];
  return { uuid: device.uuid, status: device.status, compared };
}

function comparison(
  field: Comparison['field'],
  board: string | undefined,
  registry: string | undefined,
): Comparison {
  const verdict =
    board === undefined || registry === undefined ? 'unknown' : board === registry ? 'same' : 'different';
  return {
    field,
    ...(board === undefined ? {} : { board }),
    ...(registry === undefined ? {} : { registry }),
    verdict,
  };
}

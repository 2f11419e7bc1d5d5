// Decides which region of flash gets the image, from what the user asked and what the chip's flash says of itself.
import { hex } from '../../core/text.js';
import { EspmintError, toEspmintError, warningOf, type Warning } from '../../core/errors/index.js';
import { settleTable, type FlashSurvey, type FoundTable } from '../../core/flash-survey.js';
import {
  DATA_SUBTYPE,
  PARTITION_TABLE_OFFSET_BYTES,
  PARTITION_TYPE,
  type Partition,
  type PartitionTable,
} from '../../core/partition-table.js';
import type { Target } from '../plan/plan.js';

/** Bytes from the start of flash. */
export interface Region {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export interface ChosenRegion extends Region {
  readonly warnings: readonly Warning[];
  /** NVS partitions that the region lies in or reaches into. Firmware reads each of them as a whole. */
  readonly shared: readonly Partition[];
  /** Partitions of keys for encrypted NVS that the table lists. */
  readonly keyPartitions: readonly Partition[];
  /** Nothing says whose the region is: it must be blank or NVS already. */
  readonly isUnowned: boolean;
  /** The table that counts; absent where nothing tells of any firmware, or an offset was forced without one. */
  readonly table?: FoundTable | undefined;
}

/** Where the first partition of Espressif's own tables begins behind the table, and the size espmint's profiles use. */
const BEHIND_TABLE_BYTES = 0x1000;
export const DEFAULT_SIZE_BYTES = 0x10000;

const SECTOR_BYTES = 0x1000;
/** Two pages of data and the empty one that the firmware needs to move pages. */
const MIN_NVS_BYTES = 3 * SECTOR_BYTES;

/** What is known of one board when its region is chosen. */
export interface BoardFlash {
  readonly port: string;
  readonly survey: FlashSurvey;
  /** 0 when unknown. */
  readonly flashSizeBytes: number;
}

/**
 * @throws PARTITION_TABLE_INVALID, PARTITION_TABLE_AMBIGUOUS, PARTITION_TABLE_MISSING, PARTITION_NOT_FOUND,
 * PARTITION_AMBIGUOUS, REGION_NOT_NVS, IMAGE_DOES_NOT_FIT, REGION_INVALID; each names what was asked and what the board
 * has.
 */
export function chooseRegion(target: Target, flash: BoardFlash): ChosenRegion {
  const { found, warnings } = settle(target, flash);
  const chosen =
    found === undefined ? withoutTable(target, flash, warnings) : withTable(target, flash.port, found.table);
  checkPlace(chosen, flash, target, found);
  return { ...chosen, table: found };
}

interface Settled {
  readonly found: FoundTable | undefined;
  /** Absent: nothing tells of any firmware. Otherwise the refusal that --force-offset turned into a warning. */
  readonly warnings?: readonly Warning[];
}

/** Which table counts. Who forces an offset needs none: then a table that cannot be settled is only reported. */
function settle(target: Target, { port, survey }: BoardFlash): Settled {
  try {
    return { found: settleTable(survey, { port, wantedOffsetBytes: target.tableOffsetBytes }) };
  } catch (thrown) {
    if (!target.force || target.offsetBytes === undefined) throw thrown;
    const { code, message } = toEspmintError(thrown);
    return { found: undefined, warnings: [{ code, message }, warningOf('OFFSET_FORCED', { port })] };
  }
}

const NOBODYS = { shared: [], keyPartitions: [] } as const;

function withoutTable(
  target: Target,
  { port }: BoardFlash,
  forced: readonly Warning[] | undefined,
): ChosenRegion {
  if (target.partition !== undefined) {
    const wanted = `partition "${target.partition}"`;
    throw new EspmintError('PARTITION_NOT_FOUND', {
      port,
      wanted,
      present: 'no partition table at all',
      choice: '',
    });
  }
  const tableOffset = target.tableOffsetBytes ?? PARTITION_TABLE_OFFSET_BYTES;
  const offsetBytes = target.offsetBytes ?? tableOffset + BEHIND_TABLE_BYTES;
  const sizeBytes = target.sizeBytes ?? DEFAULT_SIZE_BYTES;
  const region = { offsetBytes, sizeBytes, ...NOBODYS };
  if (forced !== undefined) return { ...region, warnings: forced, isUnowned: false };
  const warnings = [warningOf('NO_PARTITION_TABLE', { port, offset: offsetBytes, size: sizeBytes })];
  if (!target.force) return { ...region, warnings, isUnowned: true };
  return { ...region, warnings: [...warnings, warningOf('OFFSET_FORCED', { port })], isUnowned: false };
}

function withTable(target: Target, port: string, table: PartitionTable): ChosenRegion {
  const { warnings, ...region } = regionIn(target, port, table);
  const ofType = (subtype: number): Partition[] =>
    table.partitions.filter((one) => one.type === PARTITION_TYPE.data && one.subtype === subtype);
  return {
    ...region,
    warnings,
    shared: ofType(DATA_SUBTYPE.nvs).filter((partition) => overlap(partition, region)),
    keyPartitions: ofType(DATA_SUBTYPE.nvsKeys),
    isUnowned: false,
  };
}

type RegionIn = Region & { readonly warnings: readonly Warning[] };

function regionIn(target: Target, port: string, table: PartitionTable): RegionIn {
  if (target.offsetBytes === undefined) return inPartition(namedOrOnly(target, port, table), target, port);
  const offset = target.offsetBytes;
  const home = table.partitions.find((partition) => isNvs(partition) && holds(partition, offset));
  if (home !== undefined) return inPartition(home, target, port);
  const sizeBytes = target.sizeBytes ?? DEFAULT_SIZE_BYTES;
  return forced(target, port, { offsetBytes: offset, sizeBytes }, () => {
    const holdsText = describePlace(table, offset);
    return new EspmintError('REGION_NOT_NVS', { port, offset, size: sizeBytes, holds: holdsText });
  });
}

/** The partition the user named, or the only one of type data/nvs. */
function namedOrOnly(target: Target, port: string, table: PartitionTable): Partition {
  const present = table.partitions.map(({ label }) => label).join(', ') || 'nothing';
  const candidates = table.partitions.filter(isNvs);
  if (target.partition !== undefined) {
    const named = table.partitions.find(({ label }) => label === target.partition);
    if (named !== undefined) return named;
    const wanted = `partition "${target.partition}"`;
    const choice = candidates.map(({ label }) => `--partition ${label}`).join(' or ');
    throw new EspmintError('PARTITION_NOT_FOUND', { port, wanted, present, choice });
  }
  const usual = candidates.find(({ label }) => label === 'nvs') ?? candidates[0];
  if (usual === undefined)
    throw new EspmintError('PARTITION_NOT_FOUND', { port, wanted: 'NVS partition', present, choice: '' });
  if (candidates.length > 1 && usual.label !== 'nvs') {
    const names = candidates.map(({ label }) => label);
    const details = { port, names: names.join(', '), type: 'data/nvs', setting: '--partition' };
    throw new EspmintError('PARTITION_AMBIGUOUS', details);
  }
  return usual;
}

function inPartition(partition: Partition, target: Target, port: string): RegionIn {
  const offsetBytes = target.offsetBytes ?? partition.offsetBytes;
  const endOffset = endOf(partition);
  const sizeBytes = target.sizeBytes ?? endOffset - offsetBytes;
  const region = { offsetBytes, sizeBytes };
  const { label } = partition;
  if (!isNvs(partition)) {
    return forced(target, port, region, () => {
      const holdsText = `partition "${label}" (not of type data/nvs)`;
      return new EspmintError('REGION_NOT_NVS', {
        port,
        offset: offsetBytes,
        size: sizeBytes,
        holds: holdsText,
      });
    });
  }
  if (offsetBytes + sizeBytes > endOffset) {
    return forced(target, port, region, () => {
      const details = { port, imageBytes: sizeBytes, offset: offsetBytes, partition: label, endOffset };
      return new EspmintError('IMAGE_DOES_NOT_FIT', details);
    });
  }
  const whole = offsetBytes === partition.offsetBytes && sizeBytes === partition.sizeBytes;
  if (whole) return { ...region, warnings: [] };
  const notFilled = warningOf('PARTITION_NOT_FILLED', {
    port,
    offset: offsetBytes,
    size: sizeBytes,
    partition: label,
    partitionOffset: partition.offsetBytes,
    partitionSize: partition.sizeBytes,
  });
  return { ...region, warnings: [notFilled] };
}

/** `--force-offset` turns a refusal into a warning that repeats it. */
function forced(target: Target, port: string, region: Region, refusal: () => EspmintError): RegionIn {
  if (!target.force) throw refusal();
  return { ...region, warnings: [warningOf('OFFSET_FORCED', { port })] };
}

function checkPlace(
  region: ChosenRegion,
  { port, flashSizeBytes }: BoardFlash,
  target: Target,
  found: FoundTable | undefined,
): void {
  const { offsetBytes, sizeBytes } = region;
  const refuse = (reason: string): EspmintError =>
    new EspmintError('REGION_INVALID', { port, offset: offsetBytes, size: sizeBytes, reason });
  if (offsetBytes % SECTOR_BYTES !== 0 || sizeBytes % SECTOR_BYTES !== 0) {
    throw refuse(`does not begin and end on flash sectors of ${hex(SECTOR_BYTES)} bytes`);
  }
  if (sizeBytes < SECTOR_BYTES || (sizeBytes < MIN_NVS_BYTES && !isReadOnly(region))) {
    throw refuse(
      `is smaller than the three pages that NVS needs (${hex(MIN_NVS_BYTES)}), and the partition table marks no such partition there as read-only`,
    );
  }
  if (flashSizeBytes > 0 && offsetBytes + sizeBytes > flashSizeBytes) {
    throw refuse(`ends behind the flash, which has ${hex(flashSizeBytes)} bytes`);
  }
  const tableOffset = found?.offsetBytes ?? target.tableOffsetBytes ?? PARTITION_TABLE_OFFSET_BYTES;
  const isGiven = found !== undefined || target.tableOffsetBytes !== undefined || !target.force;
  if (isGiven && overlap(region, { offsetBytes: tableOffset, sizeBytes: SECTOR_BYTES })) {
    throw refuse(`covers the place of the partition table, ${hex(tableOffset)}`);
  }
}

/** Firmware mounts an NVS partition of less than three pages only where the table marks it as read-only. */
function isReadOnly(region: ChosenRegion): boolean {
  return region.shared.some((partition) => partition.readonly && isSameRegion(partition, region));
}

export function isNvs({ type, subtype }: Partition): boolean {
  return type === PARTITION_TYPE.data && subtype === DATA_SUBTYPE.nvs;
}

export const endOf = ({ offsetBytes, sizeBytes }: Region): number => offsetBytes + sizeBytes;

export const isSameRegion = (one: Region, other: Region): boolean =>
  one.offsetBytes === other.offsetBytes && one.sizeBytes === other.sizeBytes;

export const overlap = (one: Region, other: Region): boolean =>
  one.offsetBytes < endOf(other) && other.offsetBytes < endOf(one);

function holds(partition: Partition, offset: number): boolean {
  return offset >= partition.offsetBytes && offset < endOf(partition);
}

function describePlace(table: PartitionTable, offset: number): string {
  const home = table.partitions.find((partition) => holds(partition, offset));
  return home === undefined ? 'no partition' : `partition "${home.label}"`;
}

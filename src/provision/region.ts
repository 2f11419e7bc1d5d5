// Decides which region of flash gets the image, from what the user asked and what the chip's partition table says.
import { EspmintError } from '../core/errors/index.js';
import type { Partition, PartitionTable } from '../core/partition-table.js';
import type { Target } from './plan.js';

/** Bytes from the start of flash. */
export interface Region {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export interface ChosenRegion extends Region {
  /** Things the user should know though they do not stop the run. */
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** Where the first partition of Espressif's own tables begins, and the size espmint's profiles use. */
export const DEFAULT_REGION: Region = { offsetBytes: 0x9000, sizeBytes: 0x10000 };

const SECTOR_BYTES = 0x1000;
/** Two pages of data and the empty one that the firmware needs to move pages. */
const MIN_NVS_BYTES = 3 * SECTOR_BYTES;

/** What is known of one board when its region is chosen. */
export interface Ground {
  readonly port: string;
  /** Absent: this flash has no partition table yet. */
  readonly table?: PartitionTable | undefined;
  /** 0 when unknown. */
  readonly flashSizeBytes: number;
}

/**
 * @throws PARTITION_NOT_FOUND, PARTITION_AMBIGUOUS, REGION_NOT_NVS, IMAGE_DOES_NOT_FIT, REGION_INVALID; each names
 * what was asked and what the board has.
 */
export function chooseRegion(target: Target, ground: Ground): ChosenRegion {
  const chosen =
    ground.table === undefined ? withoutTable(target, ground) : withTable(target, ground, ground.table);
  checkPlace(chosen, ground);
  return chosen;
}

function withoutTable(target: Target, { port }: Ground): ChosenRegion {
  if (target.partition !== undefined) {
    const wanted = `partition "${target.partition}"`;
    throw new EspmintError('PARTITION_NOT_FOUND', { port, wanted, present: 'no partition table at all' });
  }
  const offsetBytes = target.offsetBytes ?? DEFAULT_REGION.offsetBytes;
  const sizeBytes = target.sizeBytes ?? DEFAULT_REGION.sizeBytes;
  const message =
    `${port}: the flash has no partition table yet; the image goes to ${hex(offsetBytes)}, ${hex(sizeBytes)} bytes: ` +
    'make sure that the firmware has its NVS partition there.';
  return { offsetBytes, sizeBytes, warnings: [{ code: 'NO_PARTITION_TABLE', message }] };
}

function withTable(target: Target, ground: Ground, table: PartitionTable): ChosenRegion {
  if (target.offsetBytes === undefined)
    return inPartition(namedOrOnly(target, ground, table), target, ground);
  const offset = target.offsetBytes;
  const home = table.partitions.find((partition) => isNvs(partition) && holds(partition, offset));
  if (home !== undefined) return inPartition(home, target, ground);
  const sizeBytes = target.sizeBytes ?? DEFAULT_REGION.sizeBytes;
  return forced(target, ground, { offsetBytes: offset, sizeBytes }, () => {
    const holdsText = describePlace(table, offset);
    return new EspmintError('REGION_NOT_NVS', {
      port: ground.port,
      offset,
      size: sizeBytes,
      holds: holdsText,
    });
  });
}

/** The partition the user named, or the only one of type data/nvs. */
function namedOrOnly(target: Target, { port }: Ground, table: PartitionTable): Partition {
  const present = table.partitions.map(({ label }) => label).join(', ') || 'nothing';
  if (target.partition !== undefined) {
    const named = table.partitions.find(({ label }) => label === target.partition);
    if (named !== undefined) return named;
    throw new EspmintError('PARTITION_NOT_FOUND', {
      port,
      wanted: `partition "${target.partition}"`,
      present,
    });
  }
  const candidates = table.partitions.filter(isNvs);
  const usual = candidates.find(({ label }) => label === 'nvs') ?? candidates[0];
  if (usual === undefined)
    throw new EspmintError('PARTITION_NOT_FOUND', { port, wanted: 'NVS partition', present });
  if (candidates.length > 1 && usual.label !== 'nvs') {
    throw new EspmintError('PARTITION_AMBIGUOUS', {
      port,
      names: candidates.map(({ label }) => label).join(', '),
    });
  }
  return usual;
}

function inPartition(partition: Partition, target: Target, ground: Ground): ChosenRegion {
  const offsetBytes = target.offsetBytes ?? partition.offsetBytes;
  const endOffset = partition.offsetBytes + partition.sizeBytes;
  const sizeBytes = target.sizeBytes ?? endOffset - offsetBytes;
  const region = { offsetBytes, sizeBytes };
  const { port } = ground;
  if (!isNvs(partition)) {
    return forced(target, ground, region, () => {
      const holdsText = `partition "${partition.label}" (not of type data/nvs)`;
      return new EspmintError('REGION_NOT_NVS', {
        port,
        offset: offsetBytes,
        size: sizeBytes,
        holds: holdsText,
      });
    });
  }
  if (offsetBytes + sizeBytes > endOffset) {
    return forced(target, ground, region, () => {
      const details = {
        port,
        imageBytes: sizeBytes,
        offset: offsetBytes,
        partition: partition.label,
        endOffset,
      };
      return new EspmintError('IMAGE_DOES_NOT_FIT', details);
    });
  }
  const whole = offsetBytes === partition.offsetBytes && sizeBytes === partition.sizeBytes;
  if (whole) return { ...region, warnings: [] };
  const message =
    `${port}: the image covers ${hex(sizeBytes)} bytes at ${hex(offsetBytes)} of the NVS partition "${partition.label}" ` +
    `(${hex(partition.sizeBytes)} bytes at ${hex(partition.offsetBytes)}): old pages in the rest stay and are read too.`;
  return { ...region, warnings: [{ code: 'PARTITION_NOT_FILLED', message }] };
}

/** `--force-offset` turns a refusal into a warning that repeats it. */
function forced(target: Target, ground: Ground, region: Region, refusal: () => EspmintError): ChosenRegion {
  if (!target.force) throw refusal();
  const message = `${ground.port}: written against the partition table at your own risk (--force-offset).`;
  return { ...region, warnings: [{ code: 'OFFSET_FORCED', message }] };
}

function checkPlace(region: Region, { port, flashSizeBytes }: Ground): void {
  const { offsetBytes, sizeBytes } = region;
  const refuse = (reason: string): EspmintError =>
    new EspmintError('REGION_INVALID', { port, offset: offsetBytes, size: sizeBytes, reason });
  if (offsetBytes % SECTOR_BYTES !== 0 || sizeBytes % SECTOR_BYTES !== 0) {
    throw refuse(`does not begin and end on flash sectors of ${hex(SECTOR_BYTES)} bytes`);
  }
  if (sizeBytes < MIN_NVS_BYTES)
    throw refuse(`is smaller than the three pages that NVS needs (${hex(MIN_NVS_BYTES)})`);
  if (flashSizeBytes > 0 && offsetBytes + sizeBytes > flashSizeBytes) {
    throw refuse(`ends behind the flash, which has ${hex(flashSizeBytes)} bytes`);
  }
}

const TYPE_DATA = 1;
const SUBTYPE_NVS = 2;

function isNvs({ type, subtype }: Partition): boolean {
  return type === TYPE_DATA && subtype === SUBTYPE_NVS;
}

function holds({ offsetBytes, sizeBytes }: Partition, offset: number): boolean {
  return offset >= offsetBytes && offset < offsetBytes + sizeBytes;
}

function describePlace(table: PartitionTable, offset: number): string {
  const home = table.partitions.find((partition) => holds(partition, offset));
  return home === undefined ? 'no partition' : `partition "${home.label}"`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

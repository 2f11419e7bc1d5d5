// Regions beside the identity that a profile names: where each lies on this board, and what this device gets there.
import { hexToBytes } from '@noble/hashes/utils.js';
import { hex } from '../../core/text.js';
import { EspmintError } from '../../core/errors/index.js';
import { fillText, regionRows, type PublicValues } from '../../core/device-config.js';
import { wholeSectors, type FirmwarePart } from '../../core/firmware/bundle.js';
import type { FoundTable } from '../../core/flash-survey.js';
import {
  PARTITION_TABLE_OFFSET_BYTES,
  PARTITION_TYPE,
  type Partition,
  type PartitionTable,
} from '../../core/partition-table.js';
import { encodeNvs, encryptNvs } from '../../core/nvs/index.js';
import type { PlannedRegion } from '../plan/plan.js';
import { endOf, isNvs, overlap, type Region } from './region.js';

export interface PlacedRegion extends Region {
  readonly name: string;
  readonly of: PlannedRegion;
}

const SECTOR_BYTES = 0x1000;

/** @param found absent: the flash has no table, and only offsets count. @throws PROFILE_REGION_INVALID */
export function placeRegions(
  port: string,
  regions: readonly PlannedRegion[],
  found: FoundTable | undefined,
  flashSizeBytes: number,
): readonly PlacedRegion[] {
  return regions.map((of) => {
    const placed = placeOf(port, of, found?.table);
    const reason = whyNot(placed, found, flashSizeBytes);
    if (reason !== undefined) throw unfit(port, placed.name, reason, ELSEWHERE);
    const home = homeOf(placed, found?.table);
    if (of.nvs !== undefined && home !== undefined && !isNvs(home)) {
      const holds = `has rows of NVS and lies in the partition "${home.label}", which is not of type data/nvs`;
      throw unfit(port, placed.name, holds, 'name a partition of type data, subtype nvs');
    }
    return placed;
  });
}

const ELSEWHERE = 'correct its partition, offset or size in regions of the profile';

const unfit = (port: string, region: string, reason: string, hint: string): EspmintError =>
  new EspmintError('PROFILE_REGION_INVALID', { port, region, reason, hint });

/** @param room where it lies, for people */
const tooBig = (port: string, region: string, bytes: number, room: string): EspmintError =>
  unfit(
    port,
    region,
    `has ${hex(bytes)} bytes, and ${room}`,
    'make its content smaller, or give it more room in the partition table',
  );

const roomIn = ({ label, sizeBytes }: Partition): string => `the partition "${label}" has ${hex(sizeBytes)}`;

/** What a board starts from is never written as somebody's data. */
function whyNot(placed: Region, found: FoundTable | undefined, flashSizeBytes: number): string | undefined {
  if (flashSizeBytes > 0 && endOf(placed) > flashSizeBytes)
    return `ends behind the flash, which has ${hex(flashSizeBytes)} bytes`;
  const tableOffset = found?.offsetBytes ?? PARTITION_TABLE_OFFSET_BYTES;
  if (placed.offsetBytes < tableOffset + SECTOR_BYTES)
    return `reaches into boot loader or partition table (up to ${hex(tableOffset + SECTOR_BYTES)})`;
  const app = found?.table.partitions.find(
    ({ type, ...one }) => type === PARTITION_TYPE.app && overlap(one, placed),
  );
  return app === undefined ? undefined : `reaches into the application partition "${app.label}"`;
}

function homeOf({ offsetBytes }: Region, table: PartitionTable | undefined): Partition | undefined {
  return table?.partitions.find((one) => offsetBytes >= one.offsetBytes && offsetBytes < endOf(one));
}

function placeOf(port: string, of: PlannedRegion, table: PartitionTable | undefined): PlacedRegion {
  const name = `the region ${of.name ?? of.partition ?? `at ${hex(of.offset ?? 0)}`}`;
  const { partitions = [] } = table ?? {};
  if (of.partition !== undefined) {
    const home = partitions.find(({ label }) => label === of.partition);
    if (home === undefined) {
      const present = partitions.map(({ label }) => label).join(', ') || 'no partition table at all';
      const reason = `names the partition "${of.partition}", which the partition table has not (it has: ${present})`;
      throw unfit(
        port,
        name,
        reason,
        'name one of these, or flash firmware that has it in its partition table',
      );
    }
    const { offsetBytes } = home;
    const sizeBytes = of.size ?? home.sizeBytes;
    if (sizeBytes > home.sizeBytes || leastBytes(of) > sizeBytes) {
      throw tooBig(port, name, Math.max(of.size ?? 0, contentBytes(of)), roomIn(home));
    }
    return { name, offsetBytes, sizeBytes, of };
  }
  const offsetBytes = of.offset ?? 0;
  const sizeBytes = of.size ?? leastBytes(of);
  const inside = homeOf({ offsetBytes, sizeBytes }, table);
  if (inside !== undefined && offsetBytes + sizeBytes > endOf(inside)) {
    const room = `the partition "${inside.label}", in which it begins, ends after ${hex(endOf(inside) - offsetBytes)}`;
    throw tooBig(port, name, sizeBytes, room);
  }
  if (leastBytes(of) > sizeBytes) throw tooBig(port, name, contentBytes(of), `its size is ${hex(sizeBytes)}`);
  return { name, offsetBytes, sizeBytes, of };
}

/** In whole sectors. */
const leastBytes = (of: PlannedRegion): number =>
  Math.max(1, Math.ceil(contentBytes(of) / SECTOR_BYTES)) * SECTOR_BYTES;

/** Of rows the least partition. */
function contentBytes({ nvs, file, hex: digits, text }: PlannedRegion): number {
  if (nvs !== undefined) return 3 * SECTOR_BYTES;
  if (file !== undefined) return file.length;
  return digits === undefined
    ? new TextEncoder().encode(text).length
    : digits.replaceAll(/\s/g, '').length / 2;
}

/** @throws NVS_*, INPUT_INVALID (a value that is not of its type), PROFILE_REGION_INVALID */
export function regionPart(
  port: string,
  { name, offsetBytes, sizeBytes, of }: PlacedRegion,
  values: PublicValues,
  /** Of an encrypted NVS. */
  key?: Uint8Array,
): FirmwarePart {
  const part = (bytes: Uint8Array): FirmwarePart => ({ name, offsetBytes, role: 'data', bytes });
  if (of.nvs !== undefined) {
    const plain = encodeNvs(regionRows(values, of.nvs), sizeBytes);
    return part(of.nvs.encrypted === true && key !== undefined ? encryptNvs(plain, key) : plain);
  }
  const content =
    of.file ??
    (of.hex === undefined
      ? new TextEncoder().encode(fillText(values, of.text ?? ''))
      : hexToBytes(of.hex.replaceAll(/\s/g, '')));
  if (content.length > sizeBytes) throw tooBig(port, name, content.length, `its size is ${hex(sizeBytes)}`);
  // A partition that is named is brought to hold just this: what an earlier content left behind it would be read too.
  if (of.file !== undefined && content.length === sizeBytes) return part(content);
  const whole = new Uint8Array(sizeBytes).fill(0xff);
  whole.set(content);
  return part(wholeSectors(whole));
}

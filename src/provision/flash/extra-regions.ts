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

/** @param table absent: the flash has none, and only offsets count. @throws PARTITION_NOT_FOUND, REGION_INVALID */
export function placeRegions(
  port: string,
  regions: readonly PlannedRegion[],
  found: FoundTable | undefined,
  flashSizeBytes: number,
): readonly PlacedRegion[] {
  return regions.map((of) => {
    const placed = placeOf(port, of, found?.table);
    const { offsetBytes: offset, sizeBytes: size } = placed;
    const reason = whyNot(placed, found, flashSizeBytes);
    if (reason !== undefined) throw new EspmintError('REGION_INVALID', { port, offset, size, reason });
    const home = homeOf(placed, found?.table);
    if (of.nvs !== undefined && home !== undefined && !isNvs(home)) {
      const holds = `partition "${home.label}" (not of type data/nvs)`;
      throw new EspmintError('REGION_NOT_NVS', { port, offset, size, holds });
    }
    return placed;
  });
}

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
      throw new EspmintError('PARTITION_NOT_FOUND', { port, wanted: `partition "${of.partition}"`, present });
    }
    const { offsetBytes } = home;
    const sizeBytes = of.size ?? home.sizeBytes;
    if (sizeBytes > home.sizeBytes || leastBytes(of) > sizeBytes) {
      const imageBytes = Math.max(of.size ?? 0, leastBytes(of));
      const details = {
        port,
        imageBytes,
        offset: offsetBytes,
        partition: home.label,
        endOffset: endOf(home),
      };
      throw new EspmintError('IMAGE_DOES_NOT_FIT', details);
    }
    return { name, offsetBytes, sizeBytes, of };
  }
  const offsetBytes = of.offset ?? 0;
  const sizeBytes = of.size ?? leastBytes(of);
  const inside = homeOf({ offsetBytes, sizeBytes }, table);
  if (inside !== undefined && offsetBytes + sizeBytes > endOf(inside)) {
    const details = {
      port,
      imageBytes: sizeBytes,
      offset: offsetBytes,
      partition: inside.label,
      endOffset: endOf(inside),
    };
    throw new EspmintError('IMAGE_DOES_NOT_FIT', details);
  }
  if (leastBytes(of) > sizeBytes) {
    const reason = `is smaller than its content of ${leastBytes(of)} bytes`;
    throw new EspmintError('REGION_INVALID', { port, offset: offsetBytes, size: sizeBytes, reason });
  }
  return { name, offsetBytes, sizeBytes, of };
}

/** What its content needs, in whole sectors; of rows the least partition. */
function leastBytes({ nvs, file, hex, text }: PlannedRegion): number {
  if (nvs !== undefined) return 3 * SECTOR_BYTES;
  const bytes =
    file?.length ??
    (hex === undefined ? new TextEncoder().encode(text).length : hex.replaceAll(/\s/g, '').length / 2);
  return Math.max(1, Math.ceil(bytes / SECTOR_BYTES)) * SECTOR_BYTES;
}

/** @throws NVS_*, INPUT_INVALID (a value that is not of its type), REGION_INVALID */
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
  if (content.length > sizeBytes) {
    const reason = `is smaller than its content of ${content.length} bytes`;
    throw new EspmintError('REGION_INVALID', { port, offset: offsetBytes, size: sizeBytes, reason });
  }
  // A partition that is named is brought to hold just this: what an earlier content left behind it would be read too.
  if (of.file !== undefined && content.length === sizeBytes) return part(content);
  const whole = new Uint8Array(sizeBytes).fill(0xff);
  whole.set(content);
  return part(wholeSectors(whole));
}

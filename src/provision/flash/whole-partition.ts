// Where the region is only a part of an NVS partition: what firmware will read from the whole of it. Firmware joins all
// pages of a partition, so a page of an earlier image outside the region may give it another key than the one that the
// registry has.
import { EspmintError } from '../../core/errors/index.js';
import { verifyNvs, type NvsRow } from '../../core/nvs/index.js';
import type { Partition } from '../../core/partition-table.js';
import type { Board } from '../../driver/index.js';
import { readUsedPages } from './board-pages.js';
import { ambiguousKeys } from './readback.js';
import { endOf, isSameRegion, type ChosenRegion, type Region } from './region.js';

/** A piece of an NVS partition that is not written, with the bytes that it had before the write. */
export interface Neighbour extends Region {
  readonly bytes: Uint8Array;
}

export interface MeantImage {
  readonly port: string;
  readonly board: Board;
  readonly region: ChosenRegion;
  /** Bytes for the whole region. */
  readonly image: Uint8Array;
  /** What they mean. */
  readonly rows: readonly NvsRow[];
  readonly signal: AbortSignal | undefined;
}

/** Whether firmware reads the region alone: then the proof of the region is the proof of what it reads. */
export function isReadAlone({ shared, ...region }: ChosenRegion): boolean {
  return shared.every((partition) => isSameRegion(partition, region));
}

/**
 * Refuses an image with which firmware would not find each of our keys once, with our value.
 * @returns what must still be there after the write.
 * @throws NVS_REGION_SHARED
 */
export async function requireOneValue({
  port,
  board,
  region,
  image,
  rows,
  signal,
}: MeantImage): Promise<readonly Neighbour[]> {
  if (isReadAlone(region)) return [];
  const neighbours: Neighbour[] = [];
  for (const partition of region.shared.filter((one) => !isSameRegion(one, region))) {
    const around: Neighbour[] = [];
    for (const piece of outside(partition, region)) {
      around.push({ ...piece, bytes: await readUsedPages(board, piece, signal) });
    }
    const whole = joined(partition, [...around, { ...region, bytes: image }]);
    const reason = faultOf(whole, rows);
    const { label } = partition;
    if (reason !== undefined) throw new EspmintError('NVS_REGION_SHARED', { port, partition: label, reason });
    neighbours.push(...around);
  }
  return neighbours;
}

/** Why firmware might not find each of our keys once, with our value; undefined where it does. */
function faultOf(whole: Uint8Array, rows: readonly NvsRow[]): string | undefined {
  const [fault] = verifyNvs(whole).findings.filter(({ severity }) => severity === 'fault');
  if (fault !== undefined) return fault.message;
  const keys = ambiguousKeys(rows, whole);
  return keys.length === 0 ? undefined : `it would not find one value for ${keys.join(', ')}`;
}

/** The pieces of a partition before and behind the region. */
function outside(partition: Partition, region: Region): readonly Region[] {
  const before = {
    offsetBytes: partition.offsetBytes,
    sizeBytes: region.offsetBytes - partition.offsetBytes,
  };
  const behind = { offsetBytes: endOf(region), sizeBytes: endOf(partition) - endOf(region) };
  return [before, behind].filter(({ sizeBytes }) => sizeBytes > 0);
}

function joined(partition: Partition, pieces: readonly Neighbour[]): Uint8Array {
  const whole = new Uint8Array(partition.sizeBytes).fill(0xff);
  for (const { offsetBytes, bytes } of pieces) {
    const from = Math.max(0, partition.offsetBytes - offsetBytes);
    const to = Math.min(bytes.length, endOf(partition) - offsetBytes);
    whole.set(bytes.subarray(from, to), offsetBytes + from - partition.offsetBytes);
  }
  return whole;
}

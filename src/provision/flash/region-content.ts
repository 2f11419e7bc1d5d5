// Looks at what a region holds before it is replaced: somebody's data where no table says whose it is, or an encrypted NVS,
// are never overwritten without a word.
import { EspmintError } from '../../core/errors/index.js';
import { decodeKeyFile, decodeNvs, isNvsPage, PAGE_SIZE } from '../../core/nvs/index.js';
import type { Board } from '../../driver/index.js';
import { isBlankRegion, readUsedPages } from './board-pages.js';
import type { ChosenRegion } from './region.js';

/** Of a flash without a partition table: the region is blank, or NVS already. @throws REGION_IN_USE */
export async function requireFree(
  port: string,
  board: Board,
  region: ChosenRegion,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!region.isUnowned) return;
  const bytes = await readUsedPages(board, region, signal);
  for (let at = 0; at < bytes.length; at += PAGE_SIZE) {
    const page = bytes.subarray(at, at + PAGE_SIZE);
    if (isNvsPage(page, 0) || page.every((byte) => byte === 0xff)) continue;
    const { offsetBytes: offset, sizeBytes: size } = region;
    throw new EspmintError('REGION_IN_USE', { port, offset, size, at: offset + at });
  }
}

/**
 * A firmware that keeps its NVS encrypted reads nothing from a plain one.
 * @param found what the region holds; undefined where it is blank.
 * @throws NVS_REGION_ENCRYPTED
 */
export async function requirePlainNvs(
  port: string,
  board: Board,
  region: ChosenRegion,
  found: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { offsetBytes: offset, sizeBytes: size } = region;
  const decoded = found === undefined ? undefined : decodeNvs(found);
  if (decoded?.looksEncrypted === true) {
    const sign = 'it holds an encrypted NVS';
    throw new EspmintError('NVS_REGION_ENCRYPTED', { port, offset, size, sign });
  }
  // Values that can be read as they are show that the firmware does not encrypt.
  if (decoded !== undefined && decoded.values.length > 0) return;
  for (const partition of region.keyPartitions) {
    if (await isBlankRegion(board, partition, signal)) continue;
    const key = await board.readFlash({ ...partition, sizeBytes: PAGE_SIZE }, { signal });
    if (!isKeyFile(key)) continue;
    const sign = `the partition "${partition.label}" holds a key for it`;
    throw new EspmintError('NVS_REGION_ENCRYPTED', { port, offset, size, sign });
  }
}

function isKeyFile(bytes: Uint8Array): boolean {
  try {
    decodeKeyFile(bytes);
    return true;
  } catch (error) {
    if (error instanceof EspmintError) return false;
    throw error;
  }
}

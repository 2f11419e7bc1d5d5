// Typed rows in, partition image out: the same bytes that esp-idf-nvs-partition-gen 0.3.0 makes of the same rows.
import type { NvsVersion } from './layout.js';
import { type NvsRow, itemsFromRows } from './rows.js';
import { ImageWriter } from './writer.js';

export interface EncodeOptions {
  /** Format version: 2 (default) splits blobs over pages, 1 is for firmware older than ESP-IDF 3.2. */
  readonly version?: NvsVersion;
}

/**
 * Makes a partition image. Rows are written in the given order; a namespace is defined before its first row.
 *
 * @param sizeBytes size of the whole partition, a multiple of 4096; below 0x3000 the partition is read-only and the
 *   image ends with its last used page
 * @returns `sizeBytes` bytes (less for read-only), pages not reached all 0xFF
 * @throws NVS_SIZE_INVALID, NVS_FULL (the rows do not fit), NVS_VALUE_INVALID (a name or value cannot be stored)
 */
export function encodeNvs(
  rows: readonly NvsRow[],
  sizeBytes: number,
  options: EncodeOptions = {},
): Uint8Array {
  const writer = new ImageWriter(sizeBytes, options.version ?? 2);
  for (const item of itemsFromRows(rows)) writer.write(item);
  return writer.finish();
}

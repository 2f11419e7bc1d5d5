// CSV files in, partition image out: what Espressif's generator does, with warnings and refusals that name the place.
import { EspmintError } from '../errors/index.js';
import { itemsFromCsv } from './csv-items.js';
import type { CsvInput } from './csv-table.js';
import type { NvsVersion } from './layout.js';
import type { CsvWarning } from './warnings.js';
import { ImageWriter } from './writer.js';

export interface GenerateOptions {
  /** Format version, 2 by default. */
  readonly version?: NvsVersion;
  /** Refuse what would only be warned about. */
  readonly strict?: boolean;
  /** Content of the path in a `file` row. It may throw: the error then names the row. */
  readonly readFile?: (path: string) => Uint8Array;
}

export interface GeneratedImage {
  readonly image: Uint8Array;
  readonly warnings: readonly CsvWarning[];
}

/**
 * Makes the image of one or more CSV files, byte for byte as esp-idf-nvs-partition-gen 0.3.0 does. What that tool
 * corrupts (names and `binary` cells outside ASCII) is refused; strings of 3968 to 3999 bytes, which crash it, are
 * written as firmware would.
 *
 * @param inputs read one after the other into one partition
 * @param sizeBytes size of the partition (see `encodeNvs`)
 * @throws NVS_CSV_INVALID, NVS_FULL, NVS_VALUE_INVALID, NVS_SIZE_INVALID; NVS_CSV_DOUBTFUL with `strict`
 */
export function generateNvs(
  inputs: readonly CsvInput[],
  sizeBytes: number,
  options: GenerateOptions = {},
): GeneratedImage {
  const warnings: CsvWarning[] = [];
  const warn = (warning: CsvWarning): void => {
    if (options.strict === true) throw new EspmintError('NVS_CSV_DOUBTFUL', warning);
    warnings.push(warning);
  };
  const writer = new ImageWriter(sizeBytes, options.version ?? 2);
  for (const item of itemsFromCsv(inputs, { readFile: options.readFile, warn })) writer.write(item);
  return { image: writer.finish(), warnings };
}

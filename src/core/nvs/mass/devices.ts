// The values file of ESP-IDF's manufacturing utility: a header of keys, then one line a device. Streams: remembers the
// header and the first device's values, no more.
import { EspmintError } from '../../errors/index.js';
import type { CsvCell, CsvPlace, CsvRecord } from '../csv.js';
import { RowConverter } from '../csv-items.js';
import type { NvsVersion } from '../layout.js';
import type { CsvWarning } from '../warnings.js';
import { ImageWriter } from '../writer.js';
import type { MassColumn } from './config.js';

export interface MassOptions {
  readonly sizeBytes: number;
  readonly version: NvsVersion;
  readonly readFile: (path: string) => Uint8Array;
  readonly warn: (warning: CsvWarning) => void;
  /** Column of the values file that names each image. */
  readonly fileIdKey?: string | undefined;
}

export interface DeviceImage {
  readonly image: Uint8Array;
  /** What the `fileIdKey` column holds; undefined without one. */
  readonly fileId: string | undefined;
  /** Where the device stands in the values file. */
  readonly place: CsvPlace;
}

/** Makes one image for each line of a values file. */
export class MassGenerator {
  #header: { readonly length: number; readonly at: readonly number[]; readonly fileIdAt: number } | undefined;
  #firstDevice: readonly CsvCell[] | undefined;

  /** @param file name of the values file, for messages */
  constructor(
    private readonly columns: readonly MassColumn[],
    private readonly file: string,
    private readonly options: MassOptions,
  ) {}

  /**
   * Takes the next record. Returns undefined for the header and for blank lines.
   *
   * @throws NVS_CSV_INVALID, NVS_FULL, NVS_VALUE_INVALID, each naming the place
   */
  take(record: CsvRecord): DeviceImage | undefined {
    const { cells } = record;
    if (cells.every(({ text }) => text.trim() === '')) return undefined;
    if (this.#header === undefined) {
      this.#readHeader(record);
      return undefined;
    }
    const place = { file: this.file, line: record.line, column: 1 };
    if (cells.length !== this.#header.length) {
      refuse(
        place,
        `the line has ${cells.length} values for ${this.#header.length} keys`,
        'give one value for each key',
      );
    }
    this.#firstDevice ??= cells;
    const fileId = cells[this.#header.fileIdAt]?.text;
    return { image: this.#makeImage(cells, this.#header.at), fileId, place };
  }

  #readHeader({ line, cells }: CsvRecord): void {
    const names = cells.map(({ text }) => text);
    const place = { file: this.file, line, column: 1 };
    const hint = 'name the keys in the first line, in the order of the configuration';
    let from = 0;
    const at = this.columns.map(({ key, isNamespace }) => {
      if (isNamespace) return -1;
      // In order, because the same key may stand in several namespaces.
      const found = names.indexOf(key.text, from);
      if (found < 0)
        refuse(
          place,
          `the key "${key.text}" of ${key.file}:${key.line} is missing here or out of order`,
          hint,
        );
      from = found + 1;
      return found;
    });
    const { fileIdKey } = this.options;
    const fileIdAt = fileIdKey === undefined ? -1 : names.indexOf(fileIdKey);
    if (fileIdKey !== undefined && fileIdAt < 0) {
      refuse(
        place,
        `there is no key "${fileIdKey}" to name the images by`,
        'choose one of the keys in this line',
      );
    }
    this.#header = { length: cells.length, at, fileIdAt };
  }

  #makeImage(cells: readonly CsvCell[], at: readonly number[]): Uint8Array {
    const converter = new RowConverter(this.options);
    const writer = new ImageWriter(this.options.sizeBytes, this.options.version);
    this.columns.forEach(({ key, type, encoding, repeat }, i) => {
      const value = (repeat ? this.#firstDevice : cells)?.[at[i] ?? -1];
      for (const item of converter.convert({ place: key, key, type, encoding, value, surplus: undefined }))
        writer.write(item);
    });
    return writer.finish();
  }
}

function refuse({ file, line, column }: CsvPlace, reason: string, hint: string): never {
  throw new EspmintError('NVS_CSV_INVALID', { file, line, column, reason, hint });
}

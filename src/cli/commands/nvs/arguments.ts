// Arguments that several nvs commands share.
import { invalidInput } from '../../../core/errors/index.js';
import { formOfFile } from '../../arguments/file-form.js';
import type { NvsVersion } from '../../../core/nvs/layout.js';
import { checkPartitionSize } from '../../../core/nvs/writer.js';

/**
 * A partition size as Espressif's generator takes it (0x, 0o and 0b prefixes, `_` between digits), or as partition
 * tables write it (24K, 1M).
 *
 * @throws INPUT_INVALID, NVS_SIZE_INVALID
 */
export function parseSize(text: string): number {
  const match = /^\s*\+?(0x[\da-f]+|0o[0-7]+|0b[01]+|0+|[1-9]\d*)([km]?)\s*$/i.exec(
    text.replace(/(?<=[\da-f])_(?=[\da-f])/gi, ''),
  );
  if (match === null) {
    const reason = `is "${text}", which is not a number`;
    throw invalidInput('SIZE', reason, 'give it as 0x6000, 24576 or 24K');
  }
  const [, digits, unit = ''] = match;
  const sizeBytes = Number(digits) * { '': 1, k: 1024, m: 1024 * 1024 }[unit.toLowerCase() as '' | 'k' | 'm'];
  checkPartitionSize(sizeBytes);
  return sizeBytes;
}

/** @throws INPUT_INVALID */
export function parseFormatVersion(text: string): NvsVersion {
  if (text === '1' || text === '2') return text === '1' ? 1 : 2;
  const hint = 'give 2, or 1 for firmware older than ESP-IDF 3.2';
  throw invalidInput('--format-version', `is "${text}"`, hint);
}

/**
 * Images and keys end in .bin, as Espressif's tools demand: it also keeps a swapped argument from overwriting a CSV.
 *
 * @throws INPUT_INVALID
 */
export function checkOutputName(path: string): void {
  formOfFile({ field: 'OUT', path, forms: ['bin'] });
}

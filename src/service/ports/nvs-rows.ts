// NVS values as the API shows them: secrets masked, blobs as hex, each with the bytes it takes.
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { NvsImage, NvsRow, NvsValue } from '../../core/nvs/index.js';
import { MASK } from '../../core/masking/masker.js';
import { isHiddenValue, type KnownKeys } from '../../core/masking/nvs-values.js';
import type { NvsRowInfo } from '../contract/index.js';

const BLOB_SHOWN_BYTES = 256;
const ENTRIES_PER_PAGE = 126;

type NamedRow = Exclude<NvsRow, { type: 'namespace' }> | NvsValue;

/** @param known what the profiles say of keys; undefined: everything is shown */
export function describeValue(row: NamedRow, known: KnownKeys | undefined): NvsRowInfo {
  const { namespace, key, type } = row;
  const secret = known !== undefined && isHiddenValue(row, known);
  if (secret) return { namespace, key, type, value: MASK, secret };
  return { namespace, key, type, value: textOf(row), bytes: bytesOf(row), secret };
}

/** 32-byte entries in use, and those there are. */
export function entryCounts(image: NvsImage): { usedEntries: number; totalEntries: number } {
  const usedEntries = image.pages.reduce((sum, page) => sum + page.writtenSlots, 0);
  return { usedEntries, totalEntries: image.pages.length * ENTRIES_PER_PAGE };
}

function textOf({ value }: NamedRow): string {
  if (typeof value !== 'object') return String(value);
  const shown = bytesToHex(value.subarray(0, BLOB_SHOWN_BYTES));
  return value.length > BLOB_SHOWN_BYTES ? `${shown}…` : shown;
}

function bytesOf(row: NamedRow): number {
  if (row.type === 'string') return utf8ToBytes(row.value).length + 1;
  if (row.type === 'blob') return row.value.length;
  return Number(row.type.slice(1)) / 8;
}

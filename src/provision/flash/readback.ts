// The second proof of a written region, on request: read back, decoded, and compared key by key with what was meant.
import { EspmintError } from '../../core/errors/index.js';
import { decodeNvs, type NvsRow, type NvsValue } from '../../core/nvs/index.js';

type ValueRow = Exclude<NvsRow, { readonly type: 'namespace' }>;

/**
 * The keys, as `namespace:key`, that a partition lacks, has in another type or value, or has too many.
 * @param partition bytes of the whole partition.
 */
export function differingKeys(rows: readonly NvsRow[], partition: Uint8Array): readonly string[] {
  const { values, unreadable } = decodeNvs(partition);
  const found = new Map(values.map((value) => [nameOf(value), value]));
  const wanted = rows.filter((row): row is ValueRow => row.type !== 'namespace');
  const names = new Set(wanted.map(nameOf));
  const differing = new Set([
    ...wanted.filter((row) => !isSameValue(row, found.get(nameOf(row)))).map(nameOf),
    ...[...values, ...unreadable].map(nameOf).filter((name) => !names.has(name)),
  ]);
  return [...differing].sort();
}

/**
 * The keys, as `namespace:key`, for which firmware would not find one value, the one that is meant.
 * @param partition bytes of the whole partition, as they will be.
 */
export function ambiguousKeys(rows: readonly NvsRow[], partition: Uint8Array): readonly string[] {
  const { values, stale, unreadable } = decodeNvs(partition);
  const found = [...values, ...stale];
  const damaged = new Set(unreadable.map(nameOf));
  return rows
    .filter((row): row is ValueRow => row.type !== 'namespace')
    .filter((row) => {
      const [only, ...others] = found.filter((value) => nameOf(value) === nameOf(row));
      return !isSameValue(row, only) || others.length > 0 || damaged.has(nameOf(row));
    })
    .map(nameOf);
}

/** @throws READBACK_MISMATCH, which names keys and never values. */
export function checkReadback(port: string, rows: readonly NvsRow[], partition: Uint8Array): void {
  const keys = differingKeys(rows, partition);
  if (keys.length > 0) throw new EspmintError('READBACK_MISMATCH', { port, keys });
}

const nameOf = ({ namespace, key }: { readonly namespace: string; readonly key: string }): string =>
  `${namespace}:${key}`;

/** Whether a board's value is, in type and content, what a row means. */
export function isSameValue(row: ValueRow, found: NvsValue | undefined): boolean {
  if (found?.type !== row.type) return false;
  if (row.type === 'blob') return textOf(found.value) === textOf(row.value);
  return String(found.value) === String(row.value);
}

const textOf = (value: NvsValue['value']): string =>
  value instanceof Uint8Array ? value.join() : String(value);

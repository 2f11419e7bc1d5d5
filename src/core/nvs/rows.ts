// What goes into a partition: typed rows for callers, and the items (with a namespace index) that the writer takes.
import { EspmintError } from '../errors/index.js';
import type { CsvPlace } from './csv.js';
import { INTEGERS, KEY_MAX_BYTES, NAMESPACES_MAX, type NvsIntegerType } from './layout.js';

/** One value, with its namespace; or a namespace alone (`type: 'namespace'`), which is written even when unused. */
export type NvsRow =
  | {
      readonly namespace: string;
      readonly key: string;
      readonly type: NvsIntegerType;
      readonly value: number | bigint;
    }
  | { readonly namespace: string; readonly key: string; readonly type: 'string'; readonly value: string }
  | { readonly namespace: string; readonly key: string; readonly type: 'blob'; readonly value: Uint8Array }
  | { readonly namespace: string; readonly type: 'namespace' };

/** An item ready to be placed. `data` of a string includes its NUL. */
export type NvsItem = {
  readonly namespaceIndex: number;
  readonly key: string;
  /** Where it stands in a CSV file, for messages. */
  readonly source?: CsvPlace | undefined;
} & (
  | { readonly kind: 'integer'; readonly type: NvsIntegerType; readonly value: number | bigint }
  | { readonly kind: 'string' | 'blob'; readonly data: Uint8Array }
);

const utf8 = new TextEncoder();

/** Hands out namespace indexes 1, 2, … in order of first appearance. */
export class NamespaceIndexes {
  readonly #byName = new Map<string, number>();

  get count(): number {
    return this.#byName.size;
  }

  find(name: string): number | undefined {
    return this.#byName.get(name);
  }

  /** Gives `name` the next index. */
  add(name: string): number {
    const index = this.#byName.size + 1;
    this.#byName.set(name, index);
    return index;
  }
}

/** The item that tells the device that `index` means the namespace `name`. */
export function namespaceItem(name: string, index: number, source?: CsvPlace): NvsItem {
  return { kind: 'integer', namespaceIndex: 0, key: name, type: 'u8', value: index, source };
}

/**
 * Turns rows into items: a namespace definition goes before the first row that uses it.
 *
 * @throws NVS_VALUE_INVALID when a name, number or text cannot be stored.
 */
export function itemsFromRows(rows: readonly NvsRow[]): NvsItem[] {
  const namespaces = new NamespaceIndexes();
  const items: NvsItem[] = [];
  for (const row of rows) {
    let namespaceIndex = namespaces.find(row.namespace);
    if (namespaceIndex === undefined) {
      checkName('namespace', row.namespace);
      namespaceIndex = namespaces.add(row.namespace);
      checkNamespaceCount(row.namespace, namespaceIndex);
      items.push(namespaceItem(row.namespace, namespaceIndex));
    }
    if (row.type !== 'namespace') items.push(itemFromRow(row, namespaceIndex));
  }
  return items;
}

function itemFromRow(row: Exclude<NvsRow, { type: 'namespace' }>, namespaceIndex: number): NvsItem {
  checkName('key', row.key);
  const { key } = row;
  if (row.type === 'blob') return { kind: 'blob', namespaceIndex, key, data: row.value };
  if (row.type === 'string') return { kind: 'string', namespaceIndex, key, data: stringData(row.value) };
  checkInteger(`${row.namespace}:${key}`, row.type, row.value);
  return { kind: 'integer', namespaceIndex, key, type: row.type, value: row.value };
}

/** A string as it is stored: UTF-8 and a NUL. */
export function stringData(text: string): Uint8Array {
  return utf8.encode(`${text}\0`);
}

/** Refuses a key or namespace that the 16-byte field cannot hold, or that a device could not look up. */
function checkName(what: 'key' | 'namespace', name: string, where = `${what} "${name}"`): void {
  const fault = nameFault(name);
  if (fault !== undefined) throw new EspmintError('NVS_VALUE_INVALID', { where, ...fault });
}

/** Refuses a namespace that firmware has no index for. */
export function checkNamespaceCount(name: string, index: number): void {
  if (index <= NAMESPACES_MAX) return;
  const reason = `is namespace ${index}, and a partition has room for ${NAMESPACES_MAX}`;
  throw new EspmintError('NVS_VALUE_INVALID', {
    where: `namespace "${name}"`,
    reason,
    hint: 'use fewer namespaces',
  });
}

/** What is wrong with a name, or undefined. */
export function nameFault(name: string): { reason: string; hint: string } | undefined {
  for (let i = 0; i < name.length; i++) {
    if (name.charCodeAt(i) > 0x7f) {
      return {
        reason: 'has a character outside ASCII, which corrupts the entry on the device',
        hint: 'use ASCII only',
      };
    }
  }
  if (name.length <= KEY_MAX_BYTES) return undefined;
  return {
    reason: `has ${name.length} characters, but names have at most ${KEY_MAX_BYTES}`,
    hint: 'shorten the name',
  };
}

/** Refuses a number outside the range of its type, or one that is not whole. */
function checkInteger(where: string, type: NvsIntegerType, value: number | bigint): void {
  const { min, max } = INTEGERS[type];
  const hint = `give a whole number from ${min} to ${max}`;
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new EspmintError('NVS_VALUE_INVALID', {
      where,
      reason: 'is not a whole number that can be exact',
      hint,
    });
  }
  if (value < min || value > max) {
    throw new EspmintError('NVS_VALUE_INVALID', { where, reason: `is outside the range of ${type}`, hint });
  }
}

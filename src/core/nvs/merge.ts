// Changes some keys of an image and keeps all others: decodes, applies, and writes a fresh image. Pages are never
// spliced, because namespace indexes and sequence numbers of two images collide.
import { EspmintError } from '../errors/index.js';
import { sameBytes } from './bytes.js';
import { itemsFromCsv } from './csv-items.js';
import type { CsvInput } from './csv-table.js';
import { type NvsImage, decodeNvs } from './decode.js';
import type { GenerateOptions } from './generate.js';
import type { NvsVersion } from './layout.js';
import { type NvsItem, type NvsRow, checkNamespaceCount, itemsFromRows, namespaceItem } from './rows.js';
import type { NvsValue } from './values.js';
import type { CsvWarning } from './warnings.js';
import { ImageWriter, checkPartitionSize } from './writer.js';

/** A value's name, without the value: merges are reported by name, so that no secret is. */
export interface NvsName {
  readonly namespace: string;
  readonly key: string;
}

export interface MergeOptions {
  /** Values to take out. One that is not there is an error. */
  readonly remove?: readonly NvsName[];
  /** Go on although the base holds values that cannot be read and so cannot be kept. */
  readonly allowLoss?: boolean;
}

export interface MergeResult {
  /** As long as the base. */
  readonly image: Uint8Array;
  /** In the base and unchanged; also when a change gives the value that is there already. */
  readonly kept: readonly NvsName[];
  readonly changed: readonly NvsName[];
  readonly added: readonly NvsName[];
  readonly removed: readonly NvsName[];
  /** What cannot be read in the base and is gone from the result. Empty unless `allowLoss`. */
  readonly lost: readonly string[];
}

/**
 * Merges rows into an image or a dump of a device's NVS partition (a blank one too). Untouched values keep their type
 * and their bytes; of several copies of a value the last one counts, as on the device.
 *
 * @throws NVS_SIZE_INVALID, NVS_ENCRYPTED, NVS_VALUE_INVALID, NVS_FULL; NVS_MERGE_LOSS when the base holds values that
 *   cannot be read and `allowLoss` is not set
 */
export function mergeNvs(
  base: Uint8Array,
  changes: readonly NvsRow[],
  options: MergeOptions = {},
): MergeResult {
  return mergeItems(base, itemsFromRows(changes), options);
}

/** `readFile` gives the content of `file` rows. */
export type MergeCsvOptions = MergeOptions & Pick<GenerateOptions, 'readFile'>;

/**
 * The same with the changes as CSV files. What `generateNvs` only warns about is refused here.
 *
 * @throws NVS_CSV_INVALID, NVS_CSV_DOUBTFUL, and as `mergeNvs`
 */
export function mergeCsv(
  base: Uint8Array,
  inputs: readonly CsvInput[],
  options: MergeCsvOptions = {},
): MergeResult {
  const warn = (warning: CsvWarning): never => {
    throw new EspmintError('NVS_CSV_DOUBTFUL', warning);
  };
  return mergeItems(base, itemsFromCsv(inputs, { readFile: options.readFile, warn }), options);
}

function mergeItems(base: Uint8Array, changes: Iterable<NvsItem>, options: MergeOptions): MergeResult {
  checkPartitionSize(base.length);
  const decoded = decodeNvs(base);
  if (decoded.looksEncrypted) throw new EspmintError('NVS_ENCRYPTED', { what: 'The base image' });
  const merge = new Merge(decoded);
  merge.apply(changes);
  for (const name of options.remove ?? []) merge.remove(name);
  const lost = merge.lost(decoded);
  if (lost.length > 0 && options.allowLoss !== true) throw new EspmintError('NVS_MERGE_LOSS', { lost });
  const image = merge.write(base.length, decoded.version ?? 2);
  return { image, ...merge.report(), lost };
}

/** What is stored under a name, without the place. */
type Content =
  | {
      readonly kind: 'integer';
      readonly type: (NvsItem & { kind: 'integer' })['type'];
      readonly value: number | bigint;
    }
  | { readonly kind: 'string' | 'blob'; readonly data: Uint8Array };

type Fate = 'kept' | 'changed' | 'added';

interface Entry {
  readonly name: NvsName;
  content: Content;
  fate: Fate;
}

class Merge {
  /** By namespace and key. One key can stand there with two types, so a name has a list. */
  readonly #entries = new Map<string, Entry[]>();
  readonly #namespaces: string[];
  readonly #removed: NvsName[] = [];

  constructor(base: NvsImage) {
    this.#namespaces = base.namespaces.map(({ name }) => name);
    for (const value of base.values) {
      const { namespace, key } = value;
      this.#listOf({ namespace, key }).push({
        name: { namespace, key },
        content: contentOf(value),
        fate: 'kept',
      });
    }
  }

  apply(changes: Iterable<NvsItem>): void {
    const names: string[] = [];
    for (const item of changes) {
      if (item.namespaceIndex === 0) {
        names.push(item.key);
        if (!this.#namespaces.includes(item.key)) this.#namespaces.push(item.key);
        continue;
      }
      const name = { namespace: names[item.namespaceIndex - 1] ?? '', key: item.key };
      const list = this.#listOf(name);
      const [first] = list;
      if (first === undefined) {
        list.push({ name, content: item, fate: 'added' });
      } else if (list.length > 1 || !isSame(first.content, item)) {
        list.splice(0, list.length, {
          name,
          content: item,
          fate: first.fate === 'added' ? 'added' : 'changed',
        });
      }
    }
  }

  remove(name: NvsName): void {
    const list = this.#entries.get(mapKey(name));
    if (list === undefined) {
      const hint = 'correct the name or leave it out; names are written namespace:key';
      throw new EspmintError('NVS_VALUE_INVALID', {
        where: nameText(name),
        reason: 'is not in the image',
        hint,
      });
    }
    if (list.some(({ fate }) => fate !== 'added')) this.#removed.push(name);
    this.#entries.delete(mapKey(name));
  }

  /** Names of what stands in the base, cannot be read, and is not replaced. */
  lost(base: NvsImage): string[] {
    const names = base.unreadable
      // A piece of a blob without index is what an interrupted write leaves behind: no value is lost with it.
      .filter(({ code }) => code !== 'chunk-orphan')
      .filter(
        (value) =>
          !this.#entries.has(mapKey(value)) && !this.#removed.some((name) => mapKey(name) === mapKey(value)),
      )
      .map((value) =>
        value.code === 'entry-crc'
          ? `page ${value.address.page} slot ${value.address.slot}`
          : nameText(value),
      );
    const pages = base.pages.filter(({ state }) => state === 'corrupt').map(({ index }) => `page ${index}`);
    return [...new Set([...names, ...pages])];
  }

  write(sizeBytes: number, version: NvsVersion): Uint8Array {
    const writer = new ImageWriter(sizeBytes, version);
    const indexes = new Map<string, number>();
    const define = (namespace: string): number => {
      const index = indexes.get(namespace) ?? indexes.size + 1;
      if (indexes.has(namespace)) return index;
      checkNamespaceCount(namespace, index);
      writer.write(namespaceItem(namespace, index));
      indexes.set(namespace, index);
      return index;
    };
    for (const { name, content } of this.#all()) {
      writer.write({ ...content, namespaceIndex: define(name.namespace), key: name.key });
    }
    // A namespace that holds nothing stays: firmware that opens it read-only would fail without it.
    this.#namespaces.forEach(define);
    return writer.finish();
  }

  report(): Omit<MergeResult, 'image' | 'lost'> {
    const withFate = (fate: Fate): NvsName[] =>
      this.#all()
        .filter((entry) => entry.fate === fate)
        .map(({ name }) => name);
    return {
      kept: withFate('kept'),
      changed: withFate('changed'),
      added: withFate('added'),
      removed: this.#removed,
    };
  }

  #all(): Entry[] {
    return [...this.#entries.values()].flat();
  }

  #listOf(name: NvsName): Entry[] {
    const key = mapKey(name);
    const list = this.#entries.get(key) ?? [];
    this.#entries.set(key, list);
    return list;
  }
}

/** No name contains a NUL: it ends them in the image. */
function mapKey({ namespace, key }: NvsName): string {
  return `${namespace}\0${key}`;
}

function nameText({ namespace, key }: NvsName): string {
  return `${namespace}:${key}`;
}

function contentOf(value: NvsValue): Content {
  if (value.type === 'string') return { kind: 'string', data: value.data };
  if (value.type === 'blob') return { kind: 'blob', data: value.value };
  return { kind: 'integer', type: value.type, value: value.value };
}

function isSame(a: Content, b: Content): boolean {
  if (a.kind === 'integer')
    return b.kind === 'integer' && a.type === b.type && BigInt(a.value) === BigInt(b.value);
  return a.kind === b.kind && sameBytes(a.data, b.data);
}

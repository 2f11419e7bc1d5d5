// Makes the image of one board: a fresh one, or the board's own NVS with only our values changed; and tells what either
// does to what other software stored there (Wi-Fi calibration, counters).
import { md5Hex } from '../../core/digest.js';
import type { NvsLayout } from '../../core/device-config.js';
import { decodeNvs, encodeNvs, encryptNvs, mergeNvs, type NvsRow } from '../../core/nvs/index.js';
import { EspmintError } from '../../core/errors/index.js';
import type { Partition } from '../../core/partition-table.js';
import type { Board } from '../../driver/index.js';
import { blankMd5, readUsedPages } from './board-pages.js';
import { openNvs, readNvsKey } from './nvs-encryption.js';
import { requirePlainNvs } from './region-content.js';
import type { ChosenRegion } from './region.js';

/** Names as `namespace:key`; never values. */
interface NvsChanges {
  readonly kept: readonly string[];
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly lost: readonly string[];
}

export interface MadeImage {
  readonly bytes: Uint8Array;
  /** The same without encryption. */
  readonly plain: Uint8Array;
  /** Lower-case hex MD5 of them. */
  readonly md5: string;
  /** Absent where the region was blank, or held this very image: nothing is kept and nothing lost. */
  readonly changes?: NvsChanges;
}

export interface ImageOrder {
  readonly port: string;
  readonly board: Board;
  readonly region: ChosenRegion;
  readonly rows: readonly NvsRow[];
  readonly layout: Pick<NvsLayout, 'mode' | 'replaceEncrypted'>;
  /** 64 bytes; absent: the NVS is plain. */
  readonly key: Uint8Array | undefined;
  /** Where the board's own key is, which may be that of an earlier identity. */
  readonly keys: Partition | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * @throws NVS_FULL, NVS_VALUE_INVALID, NVS_REGION_ENCRYPTED, in mode `merge` also what mergeNvs refuses; and what reading
 * the board throws
 */
export async function makeImage(order: ImageOrder): Promise<MadeImage> {
  const { port, board, region, rows, layout, key, signal } = order;
  const { mode, replaceEncrypted } = layout;
  const sealed = (plain: Uint8Array): MadeImage => {
    const bytes = key === undefined ? plain : encryptNvs(plain, key);
    return { bytes, plain, md5: md5Hex(bytes) };
  };
  const made = sealed(encodeNvs(rows, region.sizeBytes));
  // What a locked board held cannot be known, nor what of it is lost. Merging asks it, and is refused.
  if (board.security.secureDownload && mode === 'replace') return made;
  const digest = await board.md5(region, { signal });
  if (digest === made.md5) return made;
  const isBlank = digest === blankMd5(region.sizeBytes);
  const held = isBlank ? undefined : await readUsedPages(board, region, signal);
  const found = key === undefined || held === undefined ? held : await opened(held, order, key);
  if (!replaceEncrypted) {
    if (key === undefined) await requirePlainNvs(port, board, region, held, signal);
    else if (held !== undefined && found === undefined) throw otherKey(port, region);
  }
  if (found === undefined) return made;
  if (mode === 'replace') return { ...made, changes: replaced(found, rows) };
  const { image, kept, changed, added } = mergeNvs(found, rows);
  return {
    ...sealed(image),
    changes: { kept: kept.map(nameOf), changed: changed.map(nameOf), added: added.map(nameOf), lost: [] },
  };
}

/** By the key that the board is to have, or by the one that it has. */
async function opened(
  held: Uint8Array,
  { board, keys, signal }: ImageOrder,
  key: Uint8Array,
): Promise<Uint8Array | undefined> {
  const plain = openNvs(held, key);
  if (plain !== undefined || keys === undefined) return plain;
  const own = await readNvsKey(board, keys, signal);
  return own && openNvs(held, own);
}

function otherKey(port: string, { offsetBytes: offset, sizeBytes: size }: ChosenRegion): EspmintError {
  const sign = 'it holds an NVS that is encrypted with another key than this board has';
  return new EspmintError('NVS_REGION_ENCRYPTED', { port, offset, size, sign });
}

function replaced(found: Uint8Array, rows: readonly NvsRow[]): NvsChanges {
  const before = new Set(decodeNvs(found).values.map(nameOf));
  const after = rows.flatMap((row) => ('key' in row ? [nameOf(row)] : []));
  return {
    kept: [],
    changed: after.filter((name) => before.has(name)),
    added: after.filter((name) => !before.has(name)),
    lost: [...before].filter((name) => !after.includes(name)),
  };
}

function nameOf({ namespace, key }: { readonly namespace: string; readonly key: string }): string {
  return `${namespace}:${key}`;
}

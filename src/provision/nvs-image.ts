// Makes the image of one board: a fresh one, or the board's own NVS with only our values changed; and tells what either
// does to what other software stored there (Wi-Fi calibration, counters).
import { md5Hex } from '../core/digest.js';
import type { NvsLayout } from '../core/device-config.js';
import { decodeNvs, encodeNvs, mergeNvs, type NvsRow } from '../core/nvs/index.js';
import type { Board } from '../driver/index.js';
import { blankMd5, readUsedPages } from './board-pages.js';
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
  readonly signal: AbortSignal | undefined;
}

/**
 * @throws NVS_FULL, NVS_VALUE_INVALID, NVS_REGION_ENCRYPTED, in mode `merge` also what mergeNvs refuses; and what reading
 * the board throws
 */
export async function makeImage(order: ImageOrder): Promise<MadeImage> {
  const { port, board, region, rows, layout, signal } = order;
  const { mode, replaceEncrypted } = layout;
  const fresh = encodeNvs(rows, region.sizeBytes);
  const made = { bytes: fresh, md5: md5Hex(fresh) };
  // What a locked board held cannot be told, nor what of it is lost. Merging asks it, and is refused.
  if (board.security.secureDownload && mode === 'replace') return made;
  const digest = await board.md5(region, { signal });
  if (digest === made.md5) return made;
  const isBlank = digest === blankMd5(region.sizeBytes);
  const found = isBlank ? undefined : await readUsedPages(board, region, signal);
  if (!replaceEncrypted) await requirePlainNvs(port, board, region, found, signal);
  if (found === undefined) return made;
  if (mode === 'replace') return { ...made, changes: replaced(found, rows) };
  const { image, kept, changed, added } = mergeNvs(found, rows);
  return {
    bytes: image,
    md5: md5Hex(image),
    changes: { kept: kept.map(nameOf), changed: changed.map(nameOf), added: added.map(nameOf), lost: [] },
  };
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

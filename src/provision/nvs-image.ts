// Makes the image of one board: a fresh one, or the board's own NVS with only our values changed; and tells what either
// does to what other software stored there (Wi-Fi calibration, counters).
import { md5Hex } from '../core/digest.js';
import { decodeNvs, encodeNvs, mergeNvs, PAGE_SIZE, type NvsRow } from '../core/nvs/index.js';
import type { Board } from '../driver/index.js';
import type { Region } from './region.js';

/** Names as `namespace:key`; never values. */
export interface NvsChanges {
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

/**
 * @throws NVS_FULL, NVS_VALUE_INVALID, in mode `merge` also what mergeNvs refuses; and what reading the board throws
 */
export async function makeImage(
  board: Board,
  region: Region,
  rows: readonly NvsRow[],
  mode: 'replace' | 'merge',
  signal?: AbortSignal,
): Promise<MadeImage> {
  const fresh = encodeNvs(rows, region.sizeBytes);
  const made = { bytes: fresh, md5: md5Hex(fresh) };
  // What a locked board held cannot be told, nor what of it is lost. Merging asks it, and is refused.
  if (board.security.secureDownload && mode === 'replace') return made;
  const digest = await board.md5(region, { signal });
  if (digest === made.md5 || digest === blankMd5(region.sizeBytes)) return made;
  const found = await readUsedPages(board, region, signal);
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

/**
 * The region with only its used pages read: halves that the chip's MD5 shows to be blank are not fetched. A stock board
 * uses one or two pages of sixteen, and a page takes a ROM 64 round trips.
 */
async function readUsedPages(board: Board, region: Region, signal?: AbortSignal): Promise<Uint8Array> {
  const bytes = blank(region.sizeBytes);
  const open: Region[] = [region];
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    if ((await board.md5(span, { signal })) === blankMd5(span.sizeBytes)) continue;
    if (span.sizeBytes > PAGE_SIZE) {
      open.push(...halves(span));
      continue;
    }
    bytes.set(await board.readFlash(span, { signal }), span.offsetBytes - region.offsetBytes);
  }
  return bytes;
}

function halves({ offsetBytes, sizeBytes }: Region): Region[] {
  const first = Math.ceil(sizeBytes / PAGE_SIZE / 2) * PAGE_SIZE;
  return [
    { offsetBytes: offsetBytes + first, sizeBytes: sizeBytes - first },
    { offsetBytes, sizeBytes: first },
  ];
}

function blank(sizeBytes: number): Uint8Array {
  return new Uint8Array(sizeBytes).fill(0xff);
}

const BLANK_MD5S = new Map<number, string>();

/** Of so many blank bytes: regions have few sizes, and every board of a product is asked for the same ones. */
function blankMd5(sizeBytes: number): string {
  const known = BLANK_MD5S.get(sizeBytes) ?? md5Hex(blank(sizeBytes));
  BLANK_MD5S.set(sizeBytes, known);
  return known;
}

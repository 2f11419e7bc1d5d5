// Reads of a region only what is not blank: halves that the chip's MD5 shows to be blank are not fetched. A stock board
// uses one or two pages of sixteen, and a page takes a ROM 64 round trips.
import { md5Hex } from '../../core/digest.js';
import { PAGE_SIZE } from '../../core/nvs/index.js';
import type { Board } from '../../driver/index.js';
import type { Region } from './region.js';

export async function readUsedPages(
  board: Board,
  region: Region,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
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

export async function isBlankRegion(
  board: Board,
  region: Region,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return (await board.md5(region, { signal })) === blankMd5(region.sizeBytes);
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
export function blankMd5(sizeBytes: number): string {
  const known = BLANK_MD5S.get(sizeBytes) ?? md5Hex(blank(sizeBytes));
  BLANK_MD5S.set(sizeBytes, known);
  return known;
}

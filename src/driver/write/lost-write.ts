// After two writes that the chip's MD5 did not confirm: whether the flash lost what was written, or the MD5 contradicts it.
import { EspmintError } from '../../core/errors/index.js';
import { SECTOR_BYTES } from '../connect/spi-flash.js';
import type { Session } from '../connect/session.js';
import { readingsDiffer } from '../connect/registers.js';
import type { Loader } from '../protocol/loader.js';
import { readFlash, readUnproven } from './flash-read.js';
import { flashMd5, md5Of, regionText, type Region } from './md5.js';
import type { ImageAt } from './region.js';

const ERASED = 0xff;

/**
 * By the bytes themselves: an MD5 that is wrong is no word against a flash.
 * @param wasRefused the loader broke the write off: what is still erased was perhaps never written.
 * @throws FLASH_WORN where a byte, read twice, is not as it was written
 */
export async function checkKept(
  session: Session,
  target: ImageAt,
  {
    signal,
    wasRefused = false,
  }: { readonly signal?: AbortSignal | undefined; readonly wasRefused?: boolean },
): Promise<void> {
  const { offsetBytes, image } = target;
  const at = await session.run(async (loader) => {
    const sector = await differingSector(loader, target, { offsetBytes: 0, sizeBytes: image.length });
    if (sector === undefined) return undefined;
    const found = await readSector(loader, offsetBytes + sector.offsetBytes);
    return firstLostByte(found, target, sector, wasRefused);
  }, signal);
  if (at !== undefined) throw new EspmintError('FLASH_WORN', { port: session.link.address, offset: at });
}

/** Where in flash a span that was read begins to differ from the image; undefined where it does not. */
export function firstLostByte(
  found: Uint8Array,
  { offsetBytes, image }: ImageAt,
  span: Region,
  passOverErased = false,
): number | undefined {
  const index = found.findIndex(
    (byte, at) => byte !== image[span.offsetBytes + at] && !(passOverErased && byte === ERASED),
  );
  return index === -1 ? undefined : offsetBytes + span.offsetBytes + index;
}

/** The first sector of a span that the chip's MD5 calls other than the image; spans count from its start. */
async function differingSector(loader: Loader, target: ImageAt, span: Region): Promise<Region | undefined> {
  const { offsetBytes, image } = target;
  const at = { offsetBytes: offsetBytes + span.offsetBytes, sizeBytes: span.sizeBytes };
  const wanted = md5Of(image.subarray(span.offsetBytes, span.offsetBytes + span.sizeBytes));
  if ((await flashMd5(loader, at)) === wanted) return undefined;
  if (span.sizeBytes === SECTOR_BYTES) return span;
  const half = Math.ceil(span.sizeBytes / SECTOR_BYTES / 2) * SECTOR_BYTES;
  const [first, second] = [
    { offsetBytes: span.offsetBytes, sizeBytes: half },
    { offsetBytes: span.offsetBytes + half, sizeBytes: span.sizeBytes - half },
  ];
  return (await differingSector(loader, target, first)) ?? differingSector(loader, target, second);
}

/** A stub sends its own MD5 of what it read; what a ROM sends is read until two readings agree. */
async function readSector(loader: Loader, offsetBytes: number): Promise<Uint8Array> {
  const region = { offsetBytes, sizeBytes: SECTOR_BYTES };
  if (loader.isStub) return readFlash(loader, region);
  let last = await readOnce(loader, region);
  for (let pairs = 1; ; pairs++) {
    const next = await readOnce(loader, region);
    if (md5Of(next) === md5Of(last)) return next;
    readingsDiffer(loader, regionText(region), pairs);
    last = next;
  }
}

async function readOnce(loader: Loader, region: Region): Promise<Uint8Array> {
  const [bytes = new Uint8Array(0)] = await readUnproven(loader, [region]);
  return bytes;
}

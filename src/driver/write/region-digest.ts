// The chip's MD5 of a region, and the moment that it is of: it holds as long as nothing that may change the flash was sent.
import type { Loader } from '../protocol/loader.js';
import type { Region } from './md5.js';

export interface RegionDigest {
  readonly region: Region;
  /** Lower-case hex. */
  readonly md5: string;
  readonly askedBy: Loader;
  /** The loader's `changeCount` when it was answered. */
  readonly changeCount: number;
}

/** @param md5 lower-case hex, as the chip has just said it. */
export function regionDigest(loader: Loader, region: Region, md5: string): RegionDigest {
  return { region, md5, askedBy: loader, changeCount: loader.changeCount };
}

/** Whether it is what the chip would say of that region now. */
export function isCurrent(digest: RegionDigest, loader: Loader, region: Region): boolean {
  return (
    digest.askedBy === loader &&
    digest.changeCount === loader.changeCount &&
    digest.region.offsetBytes === region.offsetBytes &&
    digest.region.sizeBytes === region.sizeBytes
  );
}

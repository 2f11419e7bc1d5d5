// MD5 of a span of flash, computed by the chip: the comparison before a write and the proof after it.
import { bytesToHex } from '@noble/hashes/utils.js';
import { hex } from '../../core/text.js';
import { md5Hex } from '../../core/digest.js';
import { OP, words } from '../protocol/command.js';
import type { Answer, Loader } from '../protocol/loader.js';
import type { Command } from '../protocol/request.js';

/** Bytes from the start of flash. */
export interface Region {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** A ROM answers in hex text, a stub in raw bytes. */
const ROM_DIGEST_BYTES = 32;
const STUB_DIGEST_BYTES = 16;
const BASE_TIMEOUT_MS = 3_000;
const TIMEOUT_MS_PER_MB = 8_000;

/** Asks for the MD5 of a region; `digestOf` reads the answer. */
export function md5Command({ offsetBytes, sizeBytes }: Region): Command {
  return {
    op: OP.flashMd5,
    data: words(offsetBytes, sizeBytes, 0, 0),
    replyBytes: [ROM_DIGEST_BYTES, STUB_DIGEST_BYTES],
    timeoutMs: BASE_TIMEOUT_MS + (TIMEOUT_MS_PER_MB * sizeBytes) / 2 ** 20,
    what: `the MD5 of ${regionText({ offsetBytes, sizeBytes })}`,
  };
}

/** Lower-case hex. */
export function digestOf({ data }: Answer): string {
  return data.length === ROM_DIGEST_BYTES ? String.fromCharCode(...data).toLowerCase() : bytesToHex(data);
}

/** Lower-case hex. @throws LOADER_REFUSED (unsupported) in Secure Download Mode. */
export async function flashMd5(loader: Loader, region: Region): Promise<string> {
  return digestOf(await loader.repeat(md5Command(region)));
}

/** MD5 of bytes that we have, in the same form. */
export function md5Of(bytes: Uint8Array): string {
  return md5Hex(bytes);
}

/** `0x10000 bytes at 0x9000`, for messages. */
export function regionText({ offsetBytes, sizeBytes }: Region): string {
  return `${hex(sizeBytes)} bytes at ${hex(offsetBytes)}`;
}

// The chip's MD5 of a region, and the moment that it is of: it holds as long as nothing that may change the flash was sent.

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

// Partition image in, pages and values out: tolerant, so that a device dump or a damaged image can be looked into.
import { type NvsEntry, type NvsPage, decodePage } from './decode-page.js';
import { PAGE_SIZE, type NvsVersion, VERSION_BYTE } from './layout.js';
import { type ResolvedValues, resolveValues } from './values.js';

export interface NvsImage extends ResolvedValues {
  readonly sizeBytes: number;
  /** Format version that the pages state, or undefined when no page is in use. */
  readonly version: NvsVersion | undefined;
  /** In the order in which they stand in the image. */
  readonly pages: readonly NvsPage[];
  /** True when pages are sound but no entry is: what an encrypted partition looks like without its key. */
  readonly looksEncrypted: boolean;
}

/**
 * Reads a partition image or a dump of a device's partition. Never throws, whatever the bytes: what cannot be read is
 * listed in `unreadable`. Use `verifyNvs` to judge an image. Time and memory grow with the size of the image only.
 */
export function decodeNvs(image: Uint8Array): NvsImage {
  const pages: NvsPage[] = [];
  for (let at = 0; at + PAGE_SIZE <= image.length; at += PAGE_SIZE) pages.push(decodePage(image, at));
  const looksEncrypted = isEncrypted(pages);
  return {
    sizeBytes: image.length,
    version: versionOf(pages),
    pages,
    looksEncrypted,
    ...resolveValues(image, looksEncrypted ? [] : pagesInUse(pages)),
  };
}

/** Pages that firmware reads, oldest first: by sequence number, not by place. */
export function pagesInUse(pages: readonly NvsPage[]): NvsPage[] {
  return pages
    .filter((page) => page.state === 'active' || page.state === 'full' || page.state === 'freeing')
    .sort((a, b) => a.sequence - b.sequence);
}

function isEncrypted(pages: readonly NvsPage[]): boolean {
  const entries: NvsEntry[] = pages.filter((page) => page.state !== 'empty').flatMap((page) => page.entries);
  // A one-byte image fault also makes an entry's CRC wrong, so a single bad entry proves nothing about a key.
  const written = entries.filter((entry) => entry.state === 'written');
  return (
    written.length > 1 &&
    pages.some((page) => page.headerCrcOk && page.state !== 'empty') &&
    written.every((entry) => !entry.crcOk)
  );
}

function versionOf(pages: readonly NvsPage[]): NvsVersion | undefined {
  const used = pagesInUse(pages);
  if (used.length === 0) return undefined;
  return used.some((page) => page.versionByte !== VERSION_BYTE[1]) ? 2 : 1;
}

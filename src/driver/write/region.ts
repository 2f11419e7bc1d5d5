// Which regions may be erased or written: whole sectors, inside the flash.
import { EspmintError } from '../../core/errors/index.js';
import type { Region } from './md5.js';
import { SECTOR_BYTES } from '../connect/spi-flash.js';

/**
 * Erases are by sector: a region that shares one with something else would take that along.
 * @throws REGION_INVALID
 */
export function checkRegion(
  { offsetBytes, sizeBytes }: Region,
  place: { readonly port: string; readonly flashSizeBytes: number },
): void {
  const { port, flashSizeBytes } = place;
  const refuse = (reason: string): EspmintError =>
    new EspmintError('REGION_INVALID', { port, offset: offsetBytes, size: sizeBytes, reason });
  if (offsetBytes % SECTOR_BYTES !== 0 || sizeBytes % SECTOR_BYTES !== 0 || sizeBytes === 0) {
    throw refuse('does not cover whole flash sectors of 0x1000 bytes');
  }
  if (flashSizeBytes > 0 && offsetBytes + sizeBytes > flashSizeBytes) {
    throw refuse(`ends behind the flash, which has 0x${flashSizeBytes.toString(16)} bytes`);
  }
}

// Which regions may be erased or written: whole sectors, inside the flash.
import { hex } from '../../core/text.js';
import { EspmintError } from '../../core/errors/index.js';
import type { Region } from './md5.js';
import { SECTOR_BYTES } from '../connect/spi-flash.js';

export interface ImageAt {
  /** Bytes from the start of flash, whole sectors. */
  readonly offsetBytes: number;
  /** Whole sectors. */
  readonly image: Uint8Array;
}

/** Addresses of the ROM's flash commands have three bytes that count: what lies behind wraps to the start of flash. */
export const ROM_REACH_BYTES = 0x100_0000;

/**
 * Refuses what a ROM would read, erase and prove elsewhere: its MD5 wraps as its writes do, so that nothing would show it.
 * @throws FLASH_OUT_OF_REACH
 */
export function checkReach({ offsetBytes, sizeBytes }: Region, port: string): void {
  if (offsetBytes + sizeBytes <= ROM_REACH_BYTES) return;
  const instead = offsetBytes % ROM_REACH_BYTES;
  throw new EspmintError('FLASH_OUT_OF_REACH', { port, offset: offsetBytes, size: sizeBytes, instead });
}

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
    throw refuse(`ends behind the flash, which has ${hex(flashSizeBytes)} bytes`);
  }
}

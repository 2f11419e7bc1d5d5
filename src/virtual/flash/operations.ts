// Erasing and programming ranges as firmware does it: sector by sector, page by page, each with its time.
import { busy, type Steps } from '../steps.js';
import type { Timing } from '../timing.js';
import { BLOCK_BYTES, PAGE_BYTES, SECTOR_BYTES, type FlashCells } from './memory.js';

/** Erases all sectors that the range touches, in 64 KB blocks where a whole aligned one fits. @throws PowerLost */
export function* eraseRange(flash: FlashCells, address: number, size: number, timing: Timing): Steps {
  let at = address - (address % SECTOR_BYTES);
  const end = address + size;
  while (at < end) {
    const wholeBlock = at % BLOCK_BYTES === 0 && end - at >= BLOCK_BYTES;
    const unit = wholeBlock ? BLOCK_BYTES : SECTOR_BYTES;
    yield busy(wholeBlock ? timing.eraseBlockMs : timing.eraseSectorMs, 'erase');
    flash.erase(at, unit);
    at += unit;
  }
}

/**
 * As the ROM does it: single sectors up to the end of the first 64 KB block, or all of it; blocks while more than one is
 * left; and sectors again. @throws PowerLost
 */
export function* eraseRangeAsRom(flash: FlashCells, address: number, size: number, timing: Timing): Steps {
  let at = address;
  const end = address + Math.ceil(size / SECTOR_BYTES) * SECTOR_BYTES;
  const firstBlockEnd = Math.min(end, at - (at % BLOCK_BYTES) + BLOCK_BYTES);
  while (at < end) {
    const isBlock = at >= firstBlockEnd && end - at > BLOCK_BYTES;
    const unit = isBlock ? BLOCK_BYTES : SECTOR_BYTES;
    yield busy(isBlock ? timing.eraseBlockMs : timing.eraseSectorMs, 'erase');
    flash.erase(at, unit);
    at += unit;
  }
}

/** Programs bytes page by page. @throws PowerLost */
export function* programRange(flash: FlashCells, address: number, data: Uint8Array, timing: Timing): Steps {
  let done = 0;
  while (done < data.length) {
    const at = address + done;
    const room = PAGE_BYTES - (at % PAGE_BYTES);
    const page = data.subarray(done, done + room);
    yield busy(timing.programPageMs, 'program');
    flash.program(at, page);
    done += page.length;
  }
}

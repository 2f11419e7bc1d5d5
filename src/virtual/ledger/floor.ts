// The time that no client could beat: what a change of flash must cost on a board and a link, whatever the protocol's use.
import { deflateRawSync } from 'node:zlib';
import { BLOCK_BYTES, PAGE_BYTES, SECTOR_BYTES } from '../flash/memory.js';
import type { Timing } from '../timing.js';
import { byteMs } from '../uart.js';

export interface Floor {
  readonly bootMs: number;
  readonly eraseMs: number;
  readonly programMs: number;
  readonly md5Ms: number;
  readonly wireMs: number;
  readonly latencyMs: number;
  readonly totalMs: number;
  /** Sectors in which a bit must rise. */
  readonly sectorsToErase: number;
  /** Pages in which a bit must fall. */
  readonly pagesToProgram: number;
  /** Bytes on the wire that cannot be done without, both ways together. */
  readonly wireBytes: number;
}

export interface Change {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly timing: Timing;
  /** Best rate of the link, bits per second. */
  readonly baud: number;
}

/**
 * Frames with their C0 at both ends, without escapes: SYNC and one of its replies, two READ_REG for the MAC with their
 * replies, and for a change of flash the begin, the data's headers and the MD5 with their replies.
 */
const CONNECT_BYTES = 46 + 14 + 2 * (14 + 14);
const WRITE_BYTES = 26 + 14 + 26 + 14 + 26 + 46;
/** Answers that must be there before the next bytes can be known: SYNC; MAC (the content depends on it); MD5. */
const CONNECT_ROUND_TRIPS = 2;
const WRITE_ROUND_TRIPS = 1;
const ERASED = 0xff;

/** A lower bound: everything that can overlap or be left out is taken to be. */
export function floorOf({ before, after, timing, baud }: Change): Floor {
  const { eraseMs, sectors, pages, content } = mustDo(before, after, timing);
  const isChange = sectors.length > 0 || pages > 0;
  const wireBytes = CONNECT_BYTES + (isChange ? WRITE_BYTES + leastBytes(content) : 0);
  const roundTrips = CONNECT_ROUND_TRIPS + (isChange ? WRITE_ROUND_TRIPS : 0);
  const parts = {
    bootMs: timing.bootMs,
    eraseMs,
    programMs: pages * timing.programPageMs,
    md5Ms: (content.length / timing.md5BytesPerSecond) * 1000,
    wireMs: baud > 0 ? wireBytes * byteMs(baud) : 0,
    latencyMs: roundTrips * timing.usbLatencyMs,
  };
  const totalMs = Object.values(parts).reduce((sum, ms) => sum + ms, 0);
  return { ...parts, totalMs, sectorsToErase: sectors.length, pagesToProgram: pages, wireBytes };
}

interface Necessary {
  readonly eraseMs: number;
  readonly sectors: readonly number[];
  readonly pages: number;
  /** Bytes of all pages to be programmed. */
  readonly content: Uint8Array;
}

function mustDo(before: Uint8Array, after: Uint8Array, timing: Timing): Necessary {
  const sectors: number[] = [];
  const content: Uint8Array[] = [];
  for (let sector = 0; sector < after.length; sector += SECTOR_BYTES) {
    const old = before.subarray(sector, sector + SECTOR_BYTES);
    const wanted = after.subarray(sector, sector + SECTOR_BYTES);
    if (Buffer.compare(old, wanted) === 0) continue;
    const mustErase = wanted.some((byte, n) => (byte & ~(old[n] ?? 0)) !== 0);
    if (mustErase) sectors.push(sector);
    for (let page = 0; page < wanted.length; page += PAGE_BYTES) {
      const bytes = wanted.subarray(page, page + PAGE_BYTES);
      const start = mustErase ? undefined : old.subarray(page, page + PAGE_BYTES);
      if (bytes.some((byte, n) => byte !== (start?.[n] ?? ERASED))) content.push(bytes);
    }
  }
  return {
    eraseMs: leastEraseMs(sectors, after, timing),
    sectors,
    pages: content.length,
    content: Buffer.concat(content),
  };
}

/**
 * For each 64 KB block its sectors one by one, or the block at once where that is cheaper and takes nothing along that
 * is to stay.
 */
function leastEraseMs(sectors: readonly number[], after: Uint8Array, timing: Timing): number {
  const inBlock = new Map<number, Set<number>>();
  for (const sector of sectors) {
    const block = sector - (sector % BLOCK_BYTES);
    inBlock.set(block, (inBlock.get(block) ?? new Set()).add(sector));
  }
  return [...inBlock].reduce((sum, [block, erased]) => {
    const oneByOneMs = erased.size * timing.eraseSectorMs;
    return sum + (isFree(block, erased, after) ? Math.min(oneByOneMs, timing.eraseBlockMs) : oneByOneMs);
  }, 0);
}

/** Whether a block holds, beside the sectors to be erased, only what is blank in the end. */
function isFree(block: number, erased: ReadonlySet<number>, after: Uint8Array): boolean {
  for (let sector = block; sector < block + BLOCK_BYTES; sector += SECTOR_BYTES) {
    if (erased.has(sector)) continue;
    if (after.subarray(sector, sector + SECTOR_BYTES).some((byte) => byte !== ERASED)) return false;
  }
  return true;
}

/** What a good compressor makes of the new content: nobody sends fewer bytes of unknown data. */
function leastBytes(content: Uint8Array): number {
  return content.length === 0 ? 0 : deflateRawSync(content, { level: 9 }).length;
}

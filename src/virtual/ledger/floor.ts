// The time that no client could beat: what a change of flash must cost on a board and a link, whatever the protocol's use.
import { deflateRawSync } from 'node:zlib';
import { getChip, type ChipName } from '../../core/chips/index.js';
import { BLOCK_BYTES, PAGE_BYTES, SECTOR_BYTES } from '../flash/memory.js';
import type { Timing } from '../timing.js';
import { wireFloor, type Finding } from './wire-floor.js';

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

/** The bytes that a session is to bring to an image and to prove. */
export interface FloorRegion {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export interface Change {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly timing: Timing;
  /** Best rate of the link, bits per second. */
  readonly baud: number;
  /** Whose ROM it is; absent: one that need not be asked anything before something is set. */
  readonly chip?: ChipName | undefined;
  /** The rate that must be begun at; the best one where the link carries rates, since a ROM measures the host's. */
  readonly startBaud?: number;
  /**
   * All of it is proven by the chip's MD5. What it held before is not known: where something is to be written that is
   * asked for (one MD5), or it is erased unseen, whichever is cheaper; what is to stay need not be looked at, since the
   * proof tells. Absent: only what changed is proven, and it was known.
   */
  readonly region?: FloorRegion | undefined;
}

/** A partition table: what is looked at to know that the region is one's own. */
const TABLE_BYTES = 0xc00;
const ERASED = 0xff;

/** A lower bound: everything that can overlap or be left out is taken to be. */
export function floorOf(change: Change): Floor {
  const seen = floorWhenSeen(change);
  const unseen = change.region === undefined ? undefined : floorUnseen(change, change.region);
  return unseen !== undefined && unseen.totalMs < seen.totalMs ? unseen : seen;
}

function floorWhenSeen(change: Change): Floor {
  const { before, after, timing, region } = change;
  const work = mustDo(before, after, timing);
  return total(change, work, region !== undefined);
}

/** As if each byte of the sectors that change had to rise, whatever they hold. */
function floorUnseen(change: Change, { offsetBytes, sizeBytes }: FloorRegion): Floor {
  const { before, after, timing } = change;
  const asIfFull = before.slice();
  for (let sector = offsetBytes; sector < offsetBytes + sizeBytes; sector += SECTOR_BYTES) {
    if (differs(before, after, sector)) asIfFull.fill(0, sector, sector + SECTOR_BYTES);
  }
  return total(change, mustDo(asIfFull, after, timing), false);
}

function differs(before: Uint8Array, after: Uint8Array, sector: number): boolean {
  const end = sector + SECTOR_BYTES;
  return Buffer.compare(before.subarray(sector, end), after.subarray(sector, end)) !== 0;
}

/** What a chip must be asked before its rate can be set, and where its flash is. */
function findingOn(chip: ChipName | undefined): Finding {
  if (chip === undefined) return { rateRegisters: 0, hasPads: false };
  const { rom, crystal } = getChip(chip);
  const ofCrystal = crystal.kind === 'fixed' ? 0 : 1;
  const rateRegisters = { none: 0, calibrated: 2, assumes: ofCrystal, register: 1 + ofCrystal };
  return { rateRegisters: rateRegisters[rom.baud.kind], hasPads: rom.spiPads !== undefined };
}

function total(change: Change, work: Necessary, mustLook: boolean): Floor {
  const { timing, baud, startBaud = baud, region } = change;
  const isChange = work.changed > 0;
  const needs = {
    contentBytes: isChange ? leastBytes(work.content) : undefined,
    mustErase: work.sectors.length > 0,
    mustFind: region === undefined ? undefined : findingOn(change.chip),
    // Where nothing is to change, the look is the proof.
    mustLook: isChange ? mustLook : region !== undefined,
  };
  const wire = wireFloor(needs, { startBaud, baud, latencyMs: timing.usbLatencyMs });
  const lookBytes = mustLook ? work.changed * SECTOR_BYTES : 0;
  const provenBytes = region?.sizeBytes ?? work.content.length;
  const md5Bytes = (region === undefined ? 0 : TABLE_BYTES) + lookBytes + provenBytes;
  const parts = {
    bootMs: timing.bootMs,
    eraseMs: work.eraseMs,
    programMs: work.pages * timing.programPageMs,
    md5Ms: (md5Bytes / timing.md5BytesPerSecond) * 1000,
    wireMs: wire.wireMs,
    latencyMs: wire.roundTrips * timing.usbLatencyMs,
  };
  const totalMs = Object.values(parts).reduce((sum, ms) => sum + ms, 0);
  const { sectors, pages } = work;
  return {
    ...parts,
    totalMs,
    sectorsToErase: sectors.length,
    pagesToProgram: pages,
    wireBytes: wire.wireBytes,
  };
}

interface Necessary {
  readonly eraseMs: number;
  readonly sectors: readonly number[];
  /** Sectors in which any byte becomes another. */
  readonly changed: number;
  readonly pages: number;
  /** Bytes of all pages to be programmed. */
  readonly content: Uint8Array;
}

function mustDo(before: Uint8Array, after: Uint8Array, timing: Timing): Necessary {
  const sectors: number[] = [];
  const content: Uint8Array[] = [];
  let changed = 0;
  for (let sector = 0; sector < after.length; sector += SECTOR_BYTES) {
    if (!differs(before, after, sector)) continue;
    changed += 1;
    const old = before.subarray(sector, sector + SECTOR_BYTES);
    const wanted = after.subarray(sector, sector + SECTOR_BYTES);
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
    changed,
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

// Finds the sectors of a region that differ from an image, with few questions to the chip.
import { md5Of, type Region } from './md5.js';
import { SECTOR_BYTES } from './spi-flash.js';
import { meanwhile } from './wait.js';

const ERASED = 0xff;

/** Sectors to write, in ascending order; neighbours are one span. Offsets count from the start of the image. */
export interface WritePlan {
  readonly spans: readonly Region[];
  /** What the chip was found to hold. */
  readonly found: 'equal' | 'blank' | 'other';
}

/** The chip's MD5 of a span of the image's place. */
export type AskMd5 = (span: Region) => Promise<string>;

/**
 * Whether asking on is worth its time. Of the sectors that were asked about some were equal; by Laplace's rule of
 * succession the next span is equal with a chance of (equal + 1) / (asked + 2), and then saves all of its sectors. A
 * question costs `costShare` of what one equal sector saves.
 */
class Patience {
  #askedSectors = 0;
  #equalSectors = 0;

  constructor(readonly costShare: number) {}

  isLeftFor(span: Region): boolean {
    const chance = (this.#equalSectors + 1) / (this.#askedSectors + 2);
    return chance * sectorsOf(span) > this.costShare;
  }

  count(span: Region, isEqual: boolean): void {
    this.#askedSectors += sectorsOf(span);
    if (isEqual) this.#equalSectors += sectorsOf(span);
  }
}

const sectorsOf = ({ sizeBytes }: Region): number => sizeBytes / SECTOR_BYTES;

/**
 * One question settles the two usual cases: the image is there already, or the flash is blank and only sectors that
 * hold data need writing. Otherwise the region is taken apart where data meets blank, then in halves, down to single
 * sectors, for as long as a question is worth its time.
 * @param image whole sectors.
 * @param costShare time of a question over the time that erasing and writing one sector takes; 0 asks to the end.
 */
export async function planWrite(image: Uint8Array, ask: AskMd5, costShare = 0): Promise<WritePlan> {
  const whole: Region = { offsetBytes: 0, sizeBytes: image.length };
  const [found, [equal, blank]] = await meanwhile(ask(whole), () => [
    md5Of(image),
    md5Of(new Uint8Array(image.length).fill(ERASED)),
  ]);
  if (found === equal) return { spans: [], found: 'equal' };
  if (found === blank) {
    return { spans: runsOf(image, whole).filter((run) => !isBlank(image, run)), found: 'blank' };
  }
  return { spans: merge(await differing(image, whole, ask, new Patience(costShare))), found: 'other' };
}

/** Sectors of `span` that differ, given that the span as a whole does. */
async function differing(
  image: Uint8Array,
  span: Region,
  ask: AskMd5,
  patience: Patience,
): Promise<Region[]> {
  if (span.sizeBytes <= SECTOR_BYTES || !patience.isLeftFor(span)) return [span];
  const parts = takeApart(image, span);
  const spans: Region[] = [];
  for (const [index, part] of parts.entries()) {
    // When all others are equal, it must be the last that is not.
    const isCertain = index === parts.length - 1 && spans.length === 0;
    if (isCertain || !(await isEqual(image, part, ask, patience))) {
      spans.push(...(await differing(image, part, ask, patience)));
    }
  }
  return spans;
}

async function isEqual(image: Uint8Array, part: Region, ask: AskMd5, patience: Patience): Promise<boolean> {
  if (!patience.isLeftFor(part)) return false;
  const equal = (await ask(part)) === md5Of(slice(image, part));
  patience.count(part, equal);
  return equal;
}

/** Along the borders of data and blank, or in halves where there are none. */
function takeApart(image: Uint8Array, span: Region): readonly Region[] {
  const runs = runsOf(image, span);
  if (runs.length > 1) return runs;
  const half = Math.ceil(span.sizeBytes / SECTOR_BYTES / 2) * SECTOR_BYTES;
  return [
    { offsetBytes: span.offsetBytes, sizeBytes: half },
    { offsetBytes: span.offsetBytes + half, sizeBytes: span.sizeBytes - half },
  ];
}

/** Cuts a span into runs of sectors that are all blank, or all hold data, in the image. */
export function runsOf(image: Uint8Array, span: Region): readonly Region[] {
  const runs: Region[] = [];
  let blankBefore: boolean | undefined;
  for (let at = span.offsetBytes; at < span.offsetBytes + span.sizeBytes; at += SECTOR_BYTES) {
    const sector = { offsetBytes: at, sizeBytes: SECTOR_BYTES };
    const blank = isBlank(image, sector);
    const last = runs.at(-1);
    if (last !== undefined && blank === blankBefore) runs[runs.length - 1] = joined(last, sector);
    else runs.push(sector);
    blankBefore = blank;
  }
  return runs;
}

export function isBlank(image: Uint8Array, span: Region): boolean {
  // By number: a closure for each byte of each sector costs more than all hashes together.
  const end = span.offsetBytes + span.sizeBytes;
  for (let at = span.offsetBytes; at < end; at++) if (image[at] !== ERASED) return false;
  return true;
}

export function slice(image: Uint8Array, { offsetBytes, sizeBytes }: Region): Uint8Array {
  return image.subarray(offsetBytes, offsetBytes + sizeBytes);
}

function merge(spans: readonly Region[]): Region[] {
  const merged: Region[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last !== undefined && last.offsetBytes + last.sizeBytes === span.offsetBytes) {
      merged[merged.length - 1] = joined(last, span);
    } else {
      merged.push(span);
    }
  }
  return merged;
}

function joined(first: Region, second: Region): Region {
  return { offsetBytes: first.offsetBytes, sizeBytes: first.sizeBytes + second.sizeBytes };
}

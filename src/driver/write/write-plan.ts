// Finds the sectors of a region that differ from an image, with few questions to the chip.
import { md5Of, type Region } from './md5.js';
import { SECTOR_BYTES } from '../connect/spi-flash.js';

const ERASED = 0xff;

/** Sectors to write, in ascending order; neighbours are one span. Offsets count from the start of the image. */
export interface WritePlan {
  readonly spans: readonly Region[];
  /** What the chip was found to hold. */
  readonly found: 'equal' | 'blank' | 'other';
  /** Spans of which the chip said that they differ: some of what is written was not asked about, or only as a part. */
  readonly different: readonly Region[];
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

/** As many as ride along with the guard's question in one go; an image of more pieces is asked about as a whole. */
const MAX_FIRST_QUESTIONS = 4;

/** A span that is asked about first, and the run of the image that it stands for. */
export interface FirstQuestion {
  readonly span: Region;
  readonly of: Region;
}

/** The chip's MD5 of each of these spans. */
export interface Look {
  readonly questions: readonly FirstQuestion[];
  readonly digests: readonly string[];
}

/**
 * What to ask about first: each run of data, and the first sector of each that the image leaves blank. Whoever wrote
 * there before began at its start, so one sector tells whether to look closer.
 */
export function firstQuestions(image: Uint8Array): readonly FirstQuestion[] {
  const questions = runsOf(image, wholeOf(image)).map((of) => ({
    span: isBlank(image, of) ? { ...of, sizeBytes: SECTOR_BYTES } : of,
    of,
  }));
  return questions.length > MAX_FIRST_QUESTIONS ? questionOfAll(image) : questions;
}

/** Of a writer that takes nothing for granted. */
export function questionOfAll(image: Uint8Array): readonly FirstQuestion[] {
  return [{ span: wholeOf(image), of: wholeOf(image) }];
}

/** All of it, whatever is there. */
export function planOfAll(image: Uint8Array): WritePlan {
  return { spans: [wholeOf(image)], found: 'other', different: [] };
}

const wholeOf = (image: Uint8Array): Region => ({ offsetBytes: 0, sizeBytes: image.length });

/**
 * A look settles the usual cases: the flash is blank where data is to go, or holds other data there and is blank behind;
 * then only the data needs writing, and the proof behind the write tells whether the rest was right. Where something
 * stands in the way the region is taken apart where data meets blank, then in halves, down to single sectors, for as long
 * as a question is worth its time.
 * @param image whole sectors.
 * @param costShare time of a question over the time that erasing and writing one sector takes; 0 asks to the end.
 */
export async function planWrite(
  image: Uint8Array,
  look: Look,
  ask: AskMd5,
  costShare = 0,
): Promise<WritePlan> {
  const whole = wholeOf(image);
  const asked = new Questions(image, ask, costShare);
  const seen = look.questions.map((question, index) => {
    const digest = look.digests[index] ?? '';
    return {
      ...question,
      isEqual: asked.note(question, digest),
      isErased: digest === blankMd5(question.span),
    };
  });
  const data = seen.filter(({ of }) => !isBlank(image, of));
  const isRestBlank = seen.every(({ of, isEqual }) => isEqual || !isBlank(image, of));
  if (seen.every(({ isEqual }) => isEqual) && (await asked.isEqual(whole)))
    return { spans: [], found: 'equal', different: [] };
  if (isRestBlank && data.length > 0 && data.every(({ isErased }) => isErased)) {
    const spans = runsOf(image, whole).filter((run) => !isBlank(image, run));
    return { spans, found: 'blank', different: asked.different };
  }
  const differs = isRestBlank ? data.filter(({ isEqual }) => !isEqual).map(({ of }) => of) : [];
  const starts = differs.length > 0 ? differs : [whole];
  const spans: Region[] = [];
  for (const start of starts) spans.push(...(await differing(image, start, asked)));
  return { spans: merge(spans), found: 'other', different: asked.different };
}

const blankMd5 = ({ sizeBytes }: Region): string => md5Of(new Uint8Array(sizeBytes).fill(ERASED));

/** Asks of a span whether it is as the image wants it: once, and as long as it is worth its time. */
class Questions {
  readonly #image: Uint8Array;
  readonly #ask: AskMd5;
  readonly #patience: Patience;
  readonly #known = new Map<string, boolean>();
  readonly different: Region[] = [];

  constructor(image: Uint8Array, ask: AskMd5, costShare: number) {
    this.#image = image;
    this.#ask = ask;
    this.#patience = new Patience(costShare);
  }

  areWorthFor(span: Region): boolean {
    return this.#patience.isLeftFor(span);
  }

  /** What the chip said of a span. A run is not equal where a part of it is not. @returns whether the span is. */
  note({ span, of }: FirstQuestion, digest: string): boolean {
    const equal = digest === md5Of(slice(this.#image, span));
    if (!equal) this.different.push(span);
    if (!equal || span.sizeBytes === of.sizeBytes) this.#known.set(keyOf(of), equal);
    // That not all of the image is there is why it is asked about.
    if (span.sizeBytes < this.#image.length) this.#patience.count(span, equal);
    return equal;
  }

  async isEqual(span: Region): Promise<boolean> {
    return this.#known.get(keyOf(span)) ?? this.note({ span, of: span }, await this.#ask(span));
  }

  /** As `isEqual`; false too where it is not worth asking. */
  async isKnownEqual(span: Region): Promise<boolean> {
    return (this.#known.has(keyOf(span)) || this.areWorthFor(span)) && this.isEqual(span);
  }
}

const keyOf = ({ offsetBytes, sizeBytes }: Region): string => `${offsetBytes}+${sizeBytes}`;

/** Sectors of `span` that differ, given that the span as a whole does. */
async function differing(image: Uint8Array, span: Region, questions: Questions): Promise<Region[]> {
  if (span.sizeBytes <= SECTOR_BYTES || !questions.areWorthFor(span)) return [span];
  const parts = takeApart(image, span);
  const spans: Region[] = [];
  for (const [index, part] of parts.entries()) {
    // When all others are equal, it must be the last that is not.
    const isCertain = index === parts.length - 1 && spans.length === 0;
    if (isCertain || !(await questions.isKnownEqual(part)))
      spans.push(...(await differing(image, part, questions)));
  }
  return spans;
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

/** Whether `part` lies within `span`. */
export function holds(span: Region, part: Region): boolean {
  const end = span.offsetBytes + span.sizeBytes;
  return part.offsetBytes >= span.offsetBytes && part.offsetBytes + part.sizeBytes <= end;
}

function joined(first: Region, second: Region): Region {
  return { offsetBytes: first.offsetBytes, sizeBytes: first.sizeBytes + second.sizeBytes };
}

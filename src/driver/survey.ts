// Finds the partition tables of a board, wherever they stand: the first bytes of each sector, and tables as far as they go.
// Single replies carry no checksum, so no verdict rests on bytes that were read once: they are read twice, or the chip's
// MD5 of them is asked; what differs is the link's fault, and is asked again at a lower rate.
import { isEspmintError } from '../core/errors/index.js';
import {
  EMPTY_SURVEY,
  joinSurveys,
  SECTOR_HEAD_BYTES,
  sectorKind,
  SURVEY_BYTES,
  surveySector,
  type FlashSurvey,
} from '../core/flash-survey.js';
import {
  PARTITION_TABLE_MAX_BYTES,
  PARTITION_TABLE_OFFSET_BYTES,
  scanPartitionTable,
} from '../core/partition-table.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { SECTOR_BYTES } from './connect/spi-flash.js';
import type { Session } from './connect/session.js';
import { readingsDiffer } from './connect/registers.js';
import { NO_ANSWER, type Loader } from './protocol/loader.js';
import { readCommands, readFlash, readUnproven } from './write/flash-read.js';
import { digestOf, flashMd5, md5Command, md5Of, regionText, type Region } from './write/md5.js';
import { checkReach } from './write/region.js';

/** Three entries and the MD5 entry: all of the usual small table. */
const FIRST_ENTRIES_BYTES = 128;
/** Pairs of readings where no lower rate is left to try. */
const LAST_RATE_TRIES = 3;

const USUAL_TABLE: Region = { offsetBytes: PARTITION_TABLE_OFFSET_BYTES, sizeBytes: SECTOR_BYTES };
/**
 * What lies around the usual place of the table, in parts that are alike on boards of one product: boot loader, the usual
 * NVS with its like, and the application.
 */
const PARTS: readonly Region[] = [
  { offsetBytes: 0, sizeBytes: 0x8000 },
  { offsetBytes: 0x9000, sizeBytes: 0x7000 },
  { offsetBytes: 0x10000, sizeBytes: SURVEY_BYTES - 0x10000 },
];

/** What boards of one product hold is the same for all of them: one MD5 then stands for the whole look at a part. */
class SurveyMemory {
  readonly #surveys = new Map<string, FlashSurvey>();

  recall(part: Region, digest: string): FlashSurvey | undefined {
    return this.#surveys.get(`${regionText(part)} ${digest}`);
  }

  note(part: Region, digest: string, survey: FlashSurvey): void {
    if (this.#surveys.size >= REMEMBERED_SURVEYS) this.#surveys.clear();
    this.#surveys.set(`${regionText(part)} ${digest}`, survey);
  }
}

/** Parts of firmware versions that may alternate on one line; devices' own data fills it up in between. */
const REMEMBERED_SURVEYS = 256;
const PROCESS_SURVEY_MEMORY = new SurveyMemory();

export interface BoardSurvey {
  readonly survey: FlashSurvey;
  /** Regions that the chip's MD5 has shown to be blank. */
  readonly blank: readonly Region[];
}

/**
 * @param alsoAt a further place where a table may be, bytes from the start of flash; whole sectors.
 * @throws LINK_DAMAGED where no rate is left that the link bears
 */
export async function surveyBoard(
  session: Session,
  alsoAt: number | undefined,
  signal: AbortSignal | undefined,
): Promise<BoardSurvey> {
  const { flashSizeBytes } = session.facts;
  const limit = flashSizeBytes === 0 ? SURVEY_BYTES : flashSizeBytes;
  return session.run(async (loader) => {
    const start = await surveyStart(session, loader, limit);
    if (alsoAt === undefined || alsoAt < SURVEY_BYTES || alsoAt >= limit) return start;
    checkReach({ offsetBytes: alsoAt, sizeBytes: SECTOR_BYTES }, session.link.address);
    const further = await surveySectors(session, loader, [alsoAt]);
    return { ...start, survey: joinSurveys(start.survey, further) };
  }, signal);
}

/** One round trip, where the table is where it usually is and all else was seen before or is blank. */
async function surveyStart(session: Session, loader: Loader, limit: number): Promise<BoardSurvey> {
  const parts = PARTS.filter(({ offsetBytes }) => offsetBytes < limit).map((part) => cutAt(part, limit));
  const first = { ...USUAL_TABLE, sizeBytes: FIRST_ENTRIES_BYTES };
  const reads = loader.isStub ? [] : readCommands(first);
  const answers = await loader.repeatAll([...parts.map(md5Command), ...reads]);
  const entries = concatBytes(...answers.slice(parts.length).map(({ data }) => data));
  const isProven = stateOf(entries) === 'proven';
  const table = isProven
    ? surveySector(USUAL_TABLE.offsetBytes, entries)
    : await surveySectors(session, loader, [USUAL_TABLE.offsetBytes]);
  const surveys: FlashSurvey[] = [];
  const blank: Region[] = [];
  for (const [index, part] of parts.entries()) {
    const digest = digestOf(answers[index] ?? NO_ANSWER);
    const isBlank = digest === md5Of(new Uint8Array(part.sizeBytes).fill(0xff));
    if (isBlank) blank.push(part);
    else surveys.push(await surveyPart(session, loader, part, digest));
    if (part.offsetBytes === 0) surveys.push(table);
  }
  return { survey: surveys.reduce(joinSurveys, EMPTY_SURVEY), blank };
}

async function surveyPart(
  session: Session,
  loader: Loader,
  part: Region,
  digest: string,
): Promise<FlashSurvey> {
  const known = PROCESS_SURVEY_MEMORY.recall(part, digest);
  if (known !== undefined) return known;
  const sectors = Array.from(
    { length: part.sizeBytes / SECTOR_BYTES },
    (_, index) => part.offsetBytes + index * SECTOR_BYTES,
  );
  const survey = await surveySectors(session, loader, sectors);
  PROCESS_SURVEY_MEMORY.note(part, digest, survey);
  return survey;
}

async function surveySectors(
  session: Session,
  loader: Loader,
  sectors: readonly number[],
): Promise<FlashSurvey> {
  const surveys: FlashSurvey[] = [];
  for (const [index, head] of (await readHeads(session, loader, sectors)).entries()) {
    const offsetBytes = sectors[index] ?? 0;
    const bytes = sectorKind(head) === 'table' ? await readTable(session, loader, offsetBytes) : head;
    surveys.push(surveySector(offsetBytes, bytes));
  }
  return surveys.reduce(joinSurveys, EMPTY_SURVEY);
}

const cutAt = (part: Region, end: number): Region => ({
  ...part,
  sizeBytes: Math.min(part.sizeBytes, end - part.offsetBytes),
});

/** The first bytes of each of these sectors, read until two readings agree. */
async function readHeads(
  session: Session,
  loader: Loader,
  sectors: readonly number[],
): Promise<readonly Uint8Array[]> {
  const heads = sectors.map((offsetBytes) => ({ offsetBytes, sizeBytes: SECTOR_HEAD_BYTES }));
  if (loader.isStub) {
    const read: Uint8Array[] = [];
    for (const head of heads) read.push(await readFlash(loader, head));
    return read;
  }
  for (let tries = 1; ; tries++) {
    const first = await readUnproven(loader, heads);
    const second = await readUnproven(loader, heads);
    const differs = heads.find((_, index) => md5Of(first[index] ?? NONE) !== md5Of(second[index] ?? NONE));
    if (differs === undefined) return first;
    readingsDiffer(loader, regionText(differs), tries, session.canFallBack ? 1 : LAST_RATE_TRIES);
  }
}

const NONE = new Uint8Array(0);

/** The bytes of a table: by the ROM no more than it usually has. Its own MD5 entry proves them, or else the chip's MD5. */
async function readTable(session: Session, loader: Loader, offsetBytes: number): Promise<Uint8Array> {
  if (loader.isStub) return readFlash(loader, { offsetBytes, sizeBytes: PARTITION_TABLE_MAX_BYTES });
  for (let tries = 1; ; tries++) {
    const bytes = await readEntries(loader, offsetBytes);
    const region = { offsetBytes, sizeBytes: bytes.length };
    if (stateOf(bytes) === 'proven' || (await flashMd5(loader, region)) === md5Of(bytes)) return bytes;
    const what = `${regionText(region)} and the chip's MD5 of it`;
    readingsDiffer(loader, what, tries, session.canFallBack ? 1 : LAST_RATE_TRIES);
  }
}

async function readEntries(loader: Loader, offsetBytes: number): Promise<Uint8Array> {
  let bytes: Uint8Array = NONE;
  for (const end of [FIRST_ENTRIES_BYTES, PARTITION_TABLE_MAX_BYTES]) {
    const more = { offsetBytes: offsetBytes + bytes.length, sizeBytes: end - bytes.length };
    bytes = concatBytes(bytes, ...(await readUnproven(loader, [more])));
    if (stateOf(bytes) !== 'more') break;
  }
  return bytes;
}

function stateOf(bytes: Uint8Array): 'proven' | 'ended' | 'more' {
  try {
    const scan = scanPartitionTable(bytes);
    if (scan.state === 'more') return 'more';
    return scan.state === 'complete' && scan.table.md5Checked ? 'proven' : 'ended';
  } catch (error) {
    if (isEspmintError(error, 'PARTITION_TABLE_INVALID')) return 'ended';
    throw error;
  }
}

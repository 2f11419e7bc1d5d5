// What stands at the start of a flash: partition tables, wherever they are, and what else tells that firmware is there.
// ESP-IDF lets a project put its table at any sector (CONFIG_PARTITION_TABLE_OFFSET), so that blank flash at one place
// says nothing about the others.
import { hex } from './text.js';
import { EspmintError, isEspmintError } from './errors/index.js';
import { isNvsPage } from './nvs/page.js';
import {
  decodePartitionTable,
  PARTITION_TABLE_MAX_BYTES,
  PARTITION_TABLE_OFFSET_BYTES,
  PARTITION_TYPE,
  type Partition,
  type PartitionTable,
} from './partition-table.js';

const SECTOR_BYTES = 0x1000;
/** Tables are looked for at every sector up to this one: the highest offset in use is 0x20000. */
const LAST_SECTOR_BYTES = 0x20000;
/** Bytes from the start of flash that are looked at. */
export const SURVEY_BYTES = LAST_SECTOR_BYTES + SECTOR_BYTES;
/** From the start of a sector: enough to tell what begins there. */
export const SECTOR_HEAD_BYTES = 64;

/** What begins at the start of a sector. */
export type SectorKind = 'blank' | 'table' | 'image' | 'nvs' | 'other';

export interface FoundTable {
  /** Bytes from the start of flash. */
  readonly offsetBytes: number;
  readonly table: PartitionTable;
}

/** Something that begins as a table does and is none that counts. */
interface BrokenTable {
  readonly offsetBytes: number;
  readonly atByte: number;
  readonly reason: string;
}

export interface FlashSurvey {
  /** Whole tables, in the order of the flash. */
  readonly tables: readonly FoundTable[];
  readonly broken: readonly BrokenTable[];
  /** Sectors that begin as a boot loader or an application does. Bytes from the start of flash. */
  readonly images: readonly number[];
  /** Sectors that begin with something that is neither blank nor NVS nor any of the above. */
  readonly unknown: readonly number[];
}

export const EMPTY_SURVEY: FlashSurvey = { tables: [], broken: [], images: [], unknown: [] };

/** Of boot loaders and tables: the one that starts the chip, and not a spare. */
const PRIMARY_SUBTYPE = 0;
/** First byte of a boot loader or application (esp_app_format.h). */
const IMAGE_MAGIC = 0xe9;
/** First two bytes of a table's entry, and of its MD5 entry. */
const TABLE_MAGICS: readonly string[] = ['aa50', 'ebeb'];

/** @param head the first bytes of a sector, SECTOR_HEAD_BYTES or more. */
export function sectorKind(head: Uint8Array): SectorKind {
  const [first = 0xff, second = 0xff] = head;
  if (TABLE_MAGICS.includes(hexByte(first) + hexByte(second))) return 'table';
  if (first === IMAGE_MAGIC) return 'image';
  if (isNvsPage(head, 0)) return 'nvs';
  return head.subarray(0, SECTOR_HEAD_BYTES).every((byte) => byte === 0xff) ? 'blank' : 'other';
}

/**
 * @param start flash from address 0, SURVEY_BYTES of it. Only the first bytes of each sector need to be there, and of
 * those that begin as a table does the whole table; the rest may be 0xFF.
 */
export function surveyFlash(start: Uint8Array): FlashSurvey {
  const end = Math.min(start.length, SURVEY_BYTES);
  return Array.from({ length: Math.ceil(end / SECTOR_BYTES) }, (_, index) => index * SECTOR_BYTES)
    .map((offsetBytes) =>
      surveySector(offsetBytes, start.subarray(offsetBytes, offsetBytes + PARTITION_TABLE_MAX_BYTES)),
    )
    .reduce(joinSurveys, EMPTY_SURVEY);
}

/** One sector: `bytes` are its first ones, all of them up to PARTITION_TABLE_MAX_BYTES where a table begins. */
export function surveySector(offsetBytes: number, bytes: Uint8Array): FlashSurvey {
  const kind = sectorKind(bytes);
  if (kind === 'table') return surveyTable(offsetBytes, bytes);
  if (kind === 'image') return { ...EMPTY_SURVEY, images: [offsetBytes] };
  return kind === 'other' ? { ...EMPTY_SURVEY, unknown: [offsetBytes] } : EMPTY_SURVEY;
}

export function joinSurveys(one: FlashSurvey, other: FlashSurvey): FlashSurvey {
  return {
    tables: [...one.tables, ...other.tables],
    broken: [...one.broken, ...other.broken],
    images: [...one.images, ...other.images],
    unknown: [...one.unknown, ...other.unknown],
  };
}

function surveyTable(offsetBytes: number, bytes: Uint8Array): FlashSurvey {
  try {
    const table = decodePartitionTable(bytes);
    return table === undefined ? EMPTY_SURVEY : { ...EMPTY_SURVEY, tables: [{ offsetBytes, table }] };
  } catch (error) {
    if (!isEspmintError(error, 'PARTITION_TABLE_INVALID')) throw error;
    const { atByte, reason } = error.details;
    return { ...EMPTY_SURVEY, broken: [{ offsetBytes, atByte, reason }] };
  }
}

export interface TableQuestion {
  readonly port: string;
  /** Where the user says that the table is; absent: it is looked for. */
  readonly wantedOffsetBytes?: number | undefined;
}

/**
 * The table that the firmware of this flash uses; undefined where nothing tells of any firmware.
 * @throws PARTITION_TABLE_INVALID, PARTITION_TABLE_AMBIGUOUS, PARTITION_TABLE_MISSING: what is there is not understood,
 * and a guess could cost somebody's data.
 */
export function settleTable(survey: FlashSurvey, question: TableQuestion): FoundTable | undefined {
  const { port, wantedOffsetBytes: wanted } = question;
  if (wanted !== undefined) return tableAt(survey, port, wanted);
  const standing = survey.tables.filter((found) => misplaced(found) === undefined && !isCopy(found, survey));
  const [table, ...others] = standing;
  const [broken] = survey.broken;
  if (table !== undefined && (others.length > 0 || broken !== undefined)) {
    const offsets = [...standing, ...survey.broken].map(({ offsetBytes }) => hex(offsetBytes));
    throw new EspmintError('PARTITION_TABLE_AMBIGUOUS', { port, offsets: offsets.sort(byNumber) });
  }
  if (table !== undefined) return table;
  if (broken !== undefined) throw new EspmintError('PARTITION_TABLE_INVALID', { port, ...broken });
  const [odd] = survey.tables;
  if (odd !== undefined) {
    const reason = `lists the partition "${misplaced(odd)?.label ?? ''}" in front of itself, so that it is a copy`;
    throw new EspmintError('PARTITION_TABLE_INVALID', {
      port,
      offsetBytes: odd.offsetBytes,
      atByte: 0,
      reason,
    });
  }
  return withoutTable(survey, port, PARTITION_TABLE_OFFSET_BYTES);
}

function tableAt(survey: FlashSurvey, port: string, wanted: number): FoundTable | undefined {
  const found = survey.tables.find(({ offsetBytes }) => offsetBytes === wanted);
  if (found !== undefined) return found;
  const broken = survey.broken.find(({ offsetBytes }) => offsetBytes === wanted);
  if (broken !== undefined) throw new EspmintError('PARTITION_TABLE_INVALID', { port, ...broken });
  const elsewhere = [...survey.tables, ...survey.broken].map(
    ({ offsetBytes }) => `a partition table at ${hex(offsetBytes)}`,
  );
  if (elsewhere.length > 0) throw missing(port, elsewhere);
  return withoutTable(survey, port, wanted);
}

/** Nothing that tells of a firmware whose table was not found. */
function withoutTable({ images, unknown }: FlashSurvey, port: string, usual: number): undefined {
  const signs = [
    ...images.slice(0, 1).map((offset) => `a boot loader or an application at ${hex(offset)}`),
    ...unknown
      .filter((offset) => offset === usual)
      .map((offset) => `data that is no table at ${hex(offset)}`),
  ];
  if (signs.length > 0) throw missing(port, signs);
  return undefined;
}

function missing(port: string, present: readonly string[]): EspmintError<'PARTITION_TABLE_MISSING'> {
  return new EspmintError('PARTITION_TABLE_MISSING', { port, present });
}

/** Partitions begin behind their table: one that lists them in front of it is a copy that something keeps there. */
function misplaced({ offsetBytes, table }: FoundTable): Partition | undefined {
  return table.partitions.find(
    ({ type, offsetBytes: at }) =>
      type !== PARTITION_TYPE.bootloader && type !== PARTITION_TYPE.partitionTable && at <= offsetBytes,
  );
}

/** ESP-IDF 5.4 and later may keep a spare table in a partition of its own, for updates over the air. */
function isCopy({ offsetBytes }: FoundTable, { tables }: FlashSurvey): boolean {
  return tables.some(({ offsetBytes: own, table }) =>
    table.partitions.some(
      ({ type, subtype, offsetBytes: at }) =>
        type === PARTITION_TYPE.partitionTable &&
        subtype !== PRIMARY_SUBTYPE &&
        at === offsetBytes &&
        at !== own,
    ),
  );
}

const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0');
const byNumber = (one: string, other: string): number => Number(one) - Number(other);

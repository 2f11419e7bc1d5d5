// A file of devices, checked line by line.
import { EspmintError } from '../errors/index.js';
import { usableHardwareId } from '../hardware-id.js';
import { parseMac } from '../mac.js';
import { parsePsk } from '../psk.js';
import { parseUuid } from '../uuid.js';
import { type DeviceField, type DeviceFields, FIELD_WIDTHS, fieldOf } from './fields.js';
import { CsvReader } from './csv-reader.js';
import { JsonLinesReader, JsonReader } from './json-reader.js';
import type { RawRecord, RecordReader } from './records.js';
import { plainCell, type TableFormat } from './write.js';
import { textFault } from '../text.js';

/** One device of a file. Fields that it leaves empty are absent. */
export interface DeviceLine extends DeviceFields {
  /** Where it begins, from 1. */
  readonly line: number;
}

/** Why a column is left out: nobody knows it, or it tells of the unit in a batch. */
export type LeftOut = 'unknown' | 'unit';

/** What is wrong with one line. */
export interface LineFault {
  readonly line: number;
  readonly reason: string;
}

const READERS: Readonly<Record<TableFormat, () => RecordReader>> = {
  csv: () => new CsvReader(),
  json: () => new JsonReader(),
  jsonl: () => new JsonLinesReader(),
};

/**
 * The lines of a file as its text comes in, so that a file of any size passes through little memory. No fault repeats
 * a key.
 *
 * @param pieces the text, cut anywhere
 * @param onLeftOut is Called once for each column whose cells are left out: one of a CSV header that nobody knows, or one
 *   that tells of the unit in a batch
 */
export async function* readDevices(
  pieces: AsyncIterable<string>,
  format: TableFormat,
  onLeftOut?: (column: string, why: LeftOut) => void,
): AsyncGenerator<DeviceLine | LineFault> {
  const reader = READERS[format]();
  const leftOut = new LeftOutColumns(onLeftOut, format);
  let [isFirst, isEmpty] = [true, true];
  for await (const piece of pieces) {
    for (const record of reader.push(isFirst ? piece.replace(/^\uFEFF/, '') : piece)) {
      isEmpty = false;
      yield lineOf(record, format, leftOut);
    }
    if (piece !== '') isFirst = false;
  }
  for (const record of reader.end()) {
    isEmpty = false;
    yield lineOf(record, format, leftOut);
  }
  if (isEmpty) yield { line: 1, reason: 'there is no device' };
}

export function isFault(line: DeviceLine | LineFault): line is LineFault {
  return 'reason' in line;
}

/** Columns that are passed over: each is named once. */
class LeftOutColumns {
  readonly #shown = new Set<string>();
  readonly #tell: ((column: string, why: LeftOut) => void) | undefined;
  readonly #takesUnknown: boolean;

  constructor(tell: ((column: string, why: LeftOut) => void) | undefined, format: TableFormat) {
    this.#tell = tell;
    this.#takesUnknown = tell !== undefined && format === 'csv';
  }

  passOver(column: string, why: LeftOut): void {
    if (why === 'unknown' && !this.#takesUnknown)
      throw new Fault(`there is no field "${column.slice(0, 40)}"`);
    if (this.#shown.has(column)) return;
    this.#shown.add(column);
    this.#tell?.(column, why);
  }
}

function lineOf(record: RawRecord, format: TableFormat, leftOut: LeftOutColumns): DeviceLine | LineFault {
  try {
    return toDevice(record, format, leftOut);
  } catch (error) {
    return { line: record.line, reason: reasonOf(error) };
  }
}

class Fault extends Error {}

function reasonOf(error: unknown): string {
  if (error instanceof Fault) return error.message;
  if (error instanceof EspmintError) return error.message.replace(/\.$/, '');
  throw error;
}

function toDevice(
  { line, columns, fault }: RawRecord,
  format: TableFormat,
  leftOut: LeftOutColumns,
): DeviceLine {
  if (fault !== undefined) throw new Fault(fault);
  const texts = new Map<DeviceField, string>();
  for (const [name, cell] of columns) {
    const field = fieldOf(name);
    if (field === undefined) leftOut.passOver(name, 'unknown');
    if (field === 'unit' && cell !== '') leftOut.passOver(name, 'unit');
    if (field === undefined || field === 'unit' || field === 'skip') continue;
    if (texts.has(field)) throw new Fault(`${field} is there twice`);
    texts.set(field, format === 'csv' ? plainCell(cell) : cell);
  }
  for (const [field, text] of texts) {
    checkText(field, text);
    if (text === '') texts.delete(field);
  }
  const need = (field: DeviceField): string => {
    const text = texts.get(field);
    if (text === undefined) throw new Fault(`there is no ${field}`);
    return text;
  };
  const psk = texts.get('psk');
  const hardwareId = texts.get('hardwareId');
  const provisionedAt = texts.get('provisionedAt');
  return {
    line,
    ...Object.fromEntries(texts),
    mac: parseMac(need('mac')),
    uuid: parseUuid(need('uuid')),
    psk: psk === undefined ? undefined : parsePsk(psk),
    provisionedAt: provisionedAt === undefined ? undefined : utcTime(provisionedAt),
    hardwareId: hardwareId === undefined ? undefined : chipId(hardwareId),
  };
}

function chipId(text: string): string {
  const id = usableHardwareId(text);
  if (id === undefined) throw new Fault('hardwareId is no unique id of a chip (32 hex digits)');
  return id;
}

function checkText(field: DeviceField, text: string): void {
  const fault = textFault(text);
  if (fault !== undefined) throw new Fault(`${field} ${fault.reason}`);
  const width = FIELD_WIDTHS[field];
  // PostgreSQL counts code points, as the spread does.
  if (width !== undefined && [...text].length > width) {
    throw new Fault(`${field} is longer than the ${width} characters that the registry holds`);
  }
}

/** A time without a zone is UTC, as in the table `devices`. */
function utcTime(text: string): string {
  const form = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;
  const [, date, time, zone = 'Z'] = form.exec(text) ?? [];
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone;
  const at = new Date(`${date ?? ''}T${time ?? ''}${offset}`);
  if (Number.isNaN(at.getTime())) throw new Fault('provisionedAt is not a time such as 2026-01-31T12:00:00Z');
  return at.toISOString();
}

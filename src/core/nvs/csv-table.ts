// The NVS table in a CSV file: a header that names key, type, encoding and value, then one row a line.
import { EspmintError } from '../errors/index.js';
import { type CsvCell, type CsvPlace, type CsvRecord, decodeCsvText, readCsv } from './csv.js';
import type { CsvWarning } from './warnings.js';

const COLUMNS = ['key', 'type', 'encoding', 'value'] as const;
type Column = (typeof COLUMNS)[number];

/** One row; a cell is missing when the row is shorter than the header. */
export interface CsvTableRow extends Readonly<Record<Column, CsvCell | undefined>> {
  /** Where the row begins. */
  readonly place: CsvPlace;
  /** The first cell beyond those that the header names. */
  readonly surplus: CsvCell | undefined;
}

/** One CSV file as a whole: its name as messages show it, and its bytes. */
export interface CsvInput {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * Rows of one file, empty lines left out. Extra columns are ignored; of two columns with one name the last counts.
 *
 * @throws NVS_CSV_INVALID when the file is not UTF-8 or has rows under a header without the four names
 */
export function* readTable(input: CsvInput, warn: (warning: CsvWarning) => void): Generator<CsvTableRow> {
  const { file } = input;
  let header: CsvRecord | undefined;
  let at: Partial<Record<Column, number>> = {};
  let rows = 0;
  for (const record of readCsv(file, decodeCsvText(file, input.bytes))) {
    if (header === undefined) {
      header = record;
      at = locateColumns(record, warn);
      continue;
    }
    if (record.cells.length === 0) continue;
    rows += 1;
    refuseMissingColumns(file, header, at);
    yield {
      place: { file, line: record.line, column: 1 },
      key: record.cells[at.key ?? -1],
      type: record.cells[at.type ?? -1],
      encoding: record.cells[at.encoding ?? -1],
      value: record.cells[at.value ?? -1],
      surplus: record.cells[header.cells.length],
    };
  }
  if (header !== undefined && rows === 0 && missingColumns(at).length > 0) {
    const message =
      'the only line is taken for the header, so it is not written; begin with key,type,encoding,value';
    warn({ code: 'header-missing', file, line: header.line, column: 1, message });
  }
}

function locateColumns(
  header: CsvRecord,
  warn: (warning: CsvWarning) => void,
): Partial<Record<Column, number>> {
  const at: Partial<Record<Column, number>> = {};
  header.cells.forEach((cell, index) => {
    const column = COLUMNS.find((name) => name === cell.text);
    if (column === undefined) return;
    if (at[column] !== undefined) {
      const message = `the column ${column} is there twice, and the last one counts; leave one of them`;
      warn({ code: 'repeated-column', file: cell.file, line: cell.line, column: cell.column, message });
    }
    at[column] = index;
  });
  return at;
}

function missingColumns(at: Partial<Record<Column, number>>): Column[] {
  return COLUMNS.filter((name) => at[name] === undefined);
}

function refuseMissingColumns(file: string, header: CsvRecord, at: Partial<Record<Column, number>>): void {
  const missing = missingColumns(at);
  if (missing.length === 0) return;
  const place = { file, line: header.line, column: 1 };
  if (header.cells[0]?.text.startsWith('\ufeff') === true) {
    const reason =
      'the file begins with a byte order mark, which hides the first column from every NVS generator';
    throw new EspmintError('NVS_CSV_INVALID', {
      ...place,
      reason,
      hint: 'save it as UTF-8 without a byte order mark',
    });
  }
  const reason =
    header.cells.length === 0 ? 'the first line is empty' : `the header does not name ${missing.join(', ')}`;
  const hint = 'begin with the line key,type,encoding,value (lower case, commas)';
  throw new EspmintError('NVS_CSV_INVALID', { ...place, reason, hint });
}

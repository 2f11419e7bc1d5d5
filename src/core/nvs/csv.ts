// The CSV dialect of Espressif's generator: Python's csv module over lines whose `#` comments are dropped first.
// Works line by line, so that a values file of any length needs memory for one record only.
import { EspmintError } from '../errors/index.js';

/** A place in a CSV file. Lines and columns count from 1; columns are characters. */
export interface CsvPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What is odd about how a cell is written: the generator reads it, and rarely as it was meant. */
export type CellOddity =
  /** A quote is never closed: the cell takes in everything to the end of the file. */
  | 'open-quote'
  /** Lines that begin with `#` are missing inside of the quotes. */
  | 'lost-line'
  /** A quote is part of the value, or ends before the cell does. */
  | 'stray-quote';

/** One cell, and where it begins. */
export interface CsvCell extends CsvPlace {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly oddities: ReadonlySet<CellOddity>;
}

/** One record: the cells of one line, or of several when a quoted cell runs over line ends. Empty for an empty line. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly CsvCell[];
}

/** Python's csv module takes no longer cell, so a file with one would fail in ESP-IDF's own build. */
const CELL_MAX_CHARACTERS = 131_072;

/**
 * Cuts text into lines: LF, CRLF and a lone CR end one. Takes the text in pieces of any size; each line comes out
 * with a single LF, but the last one without when the text does not end with a line end.
 */
export class LineSplitter {
  #rest = '';

  *push(text: string): Generator<string> {
    const all = this.#rest + text;
    let start = 0;
    const ends = /\r\n?|\n/g;
    for (let end = ends.exec(all); end !== null; end = ends.exec(all)) {
      // A CR at the very end may be the first half of a CRLF whose LF comes with the next piece.
      if (end[0] === '\r' && ends.lastIndex === all.length) break;
      yield `${all.slice(start, end.index)}\n`;
      start = ends.lastIndex;
    }
    this.#rest = all.slice(start);
  }

  *end(): Generator<string> {
    if (this.#rest !== '') yield this.#rest.endsWith('\r') ? `${this.#rest.slice(0, -1)}\n` : this.#rest;
    this.#rest = '';
  }
}

type State = 'cellStart' | 'unquoted' | 'quoted' | 'quoteInQuoted';

/** Turns lines into records. */
export class CsvReader {
  readonly #file: string;
  #line = 0;
  #state: State = 'cellStart';
  #cells: CsvCell[] = [];
  #text = '';
  #isQuoted = false;
  #oddities = new Set<CellOddity>();
  #from: CsvPlace;
  #recordLine = 1;

  constructor(file: string) {
    this.#file = file;
    this.#from = { file, line: 1, column: 1 };
  }

  /**
   * Takes the next line and returns the record that it completes, if it does.
   *
   * @throws NVS_CSV_INVALID when a cell is longer than the generator can read
   */
  push(line: string): CsvRecord | undefined {
    this.#line += 1;
    // Dropped before quotes are looked at, so also in the middle of a quoted cell: that is what the generator does.
    if (line.startsWith('#')) {
      if (this.#state === 'quoted') this.#oddities.add('lost-line');
      return undefined;
    }
    if (this.#state !== 'quoted') {
      this.#recordLine = this.#line;
      if (line === '\n') return this.#finishRecord();
      this.#startCell(1);
    }
    for (let at = 0; at < line.length; at++) this.#take(line[at] as string, at + 1);
    if (this.#state === 'quoted') return undefined;
    if (!line.endsWith('\n')) this.#endCell();
    return this.#finishRecord();
  }

  /** The record left open by a quote that is never closed; it then ends with the text. */
  end(): CsvRecord | undefined {
    if (this.#state !== 'quoted') return undefined;
    this.#oddities.add('open-quote');
    this.#endCell();
    return this.#finishRecord();
  }

  #take(character: string, column: number): void {
    if (this.#state === 'quoted') {
      if (character === '"') this.#state = 'quoteInQuoted';
      else this.#text += character;
    } else if (character === '\n') {
      this.#endCell();
    } else if (character === ',') {
      this.#endCell();
      this.#startCell(column + 1);
    } else if (character === '"' && this.#state === 'cellStart') {
      this.#state = 'quoted';
      this.#isQuoted = true;
    } else if (character === '"' && this.#state === 'quoteInQuoted') {
      this.#text += '"';
      this.#state = 'quoted';
    } else {
      // Also text after a closing quote: it is appended as it is.
      if (character === '"' || this.#state === 'quoteInQuoted') this.#oddities.add('stray-quote');
      this.#text += character;
      this.#state = 'unquoted';
    }
  }

  #startCell(column: number): void {
    this.#state = 'cellStart';
    this.#text = '';
    this.#isQuoted = false;
    this.#oddities = new Set();
    this.#from = { file: this.#file, line: this.#line, column };
  }

  #endCell(): void {
    if (this.#text.length > CELL_MAX_CHARACTERS && [...this.#text].length > CELL_MAX_CHARACTERS) {
      throw new EspmintError('NVS_CSV_INVALID', {
        ...this.#from,
        reason: `the cell has more than ${CELL_MAX_CHARACTERS} characters, the most that the CSV format carries`,
        hint: 'put the value in a file and use a row of type "file"',
      });
    }
    this.#cells.push({ text: this.#text, isQuoted: this.#isQuoted, oddities: this.#oddities, ...this.#from });
  }

  #finishRecord(): CsvRecord {
    const record = { line: this.#recordLine, cells: this.#cells };
    this.#cells = [];
    this.#state = 'cellStart';
    return record;
  }
}

/** All records of a text. */
export function* readCsv(file: string, text: string): Generator<CsvRecord> {
  const lines = new LineSplitter();
  const reader = new CsvReader(file);
  for (const line of lines.push(text)) {
    const record = reader.push(line);
    if (record !== undefined) yield record;
  }
  for (const line of lines.end()) {
    const record = reader.push(line);
    if (record !== undefined) yield record;
  }
  const open = reader.end();
  if (open !== undefined) yield open;
}

/**
 * The text of a CSV file, which must be UTF-8. A byte order mark stays, for the caller to refuse.
 *
 * @throws NVS_CSV_INVALID with line and column of the first wrong byte
 */
export function decodeCsvText(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const place = {
      file,
      ...firstBadByte(bytes),
      reason: 'the file is not UTF-8 here',
      hint: 'save it as UTF-8',
    };
    throw new EspmintError('NVS_CSV_INVALID', place, { cause });
  }
}

function firstBadByte(bytes: Uint8Array): { line: number; column: number } {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    const piece = bytes.subarray(start, end);
    try {
      strict.decode(piece);
    } catch {
      return { line, column: lenient.decode(piece).indexOf('\ufffd') + 1 };
    }
    start = end;
  }
  return { line, column: 1 };
}

// CSV into records, piece by piece (RFC 4180, with commas, semicolons or tabs as spreadsheets write them).
import { faulty, type RawRecord, RECORD_MAX_CHARS, type RecordReader } from './records.js';

const [QUOTE, LF, CR] = [0x22, 0x0a, 0x0d];
const LINE_END = /[\r\n]/;

/** Where in a cell the reading is. */
type Place =
  | 'start'
  | 'bare'
  | 'quoted'
  /** After a quote inside quotes: the end of the cell, or the first of a doubled one. */
  | 'quote'
  | 'end';

/** The first row names the columns. Empty lines are passed over. */
export class CsvReader implements RecordReader {
  /** Until the first line is whole the separator is not known. */
  #head: string | undefined = '';
  #separator = 0;
  #names: readonly string[] | undefined;
  #place: Place = 'start';
  #cell = '';
  #cells: string[] = [];
  #rowChars = 0;
  #fault: string | undefined;
  #line = 1;
  #rowLine = 1;
  /** The last character was a CR: an LF now belongs to it. */
  #afterCr = false;
  #ended = false;

  push(text: string): RawRecord[] {
    if (this.#head === undefined) return this.#read(text);
    this.#head += text;
    if (!LINE_END.test(this.#head) && this.#head.length < RECORD_MAX_CHARS) return [];
    return this.#begin();
  }

  end(): RawRecord[] {
    const records = this.#head === undefined ? [] : this.#begin();
    if (this.#ended) return records;
    if (this.#place === 'quoted') this.#fault = 'a quote is not closed';
    if (this.#place !== 'start' || this.#cells.length > 0) records.push(...this.#endRow());
    return records;
  }

  #begin(): RawRecord[] {
    let text = this.#head ?? '';
    const firstLine = text.split(LINE_END, 1)[0] ?? '';
    // The line by which a spreadsheet says what separates the cells.
    const said = /^"?sep=(.)"?$/i.exec(firstLine)?.[1];
    if (said !== undefined) {
      this.#separator = said.charCodeAt(0);
      this.#head = undefined;
      this.#line = 2;
      this.#rowLine = 2;
      text = text.slice(firstLine.length);
      // The LF of its CR LF may come with the next piece, and ends nothing then.
      this.#afterCr = text.startsWith('\r');
      text = text.slice(1);
      return this.#read(text);
    }
    const rare = [';', '\t'].find((one) => firstLine.includes(one) && !firstLine.includes(','));
    this.#separator = (rare ?? ',').charCodeAt(0);
    this.#head = undefined;
    return this.#read(text);
  }

  #read(text: string): RawRecord[] {
    const records: RawRecord[] = [];
    let at = 0;
    while (at < text.length && !this.#ended) {
      const from = at;
      if (this.#place === 'quoted') at = this.#readQuoted(text, at);
      else if (this.#place === 'bare') at = this.#readBare(text, at);
      else at = this.#readMark(text, at, records);
      this.#rowChars += at - from;
      if (this.#rowChars > RECORD_MAX_CHARS) {
        records.push(faulty(this.#rowLine, 'the record does not end; is a quote not closed?'));
        this.#ended = true;
      }
    }
    return records;
  }

  #readBare(text: string, from: number): number {
    let at = from;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === this.#separator || code === LF || code === CR) break;
    }
    this.#cell += text.slice(from, at);
    if (at < text.length) this.#place = 'end';
    return at;
  }

  #readQuoted(text: string, from: number): number {
    const quote = text.indexOf('"', from);
    const to = quote === -1 ? text.length : quote;
    for (let at = from; at < to; at++) this.#countLine(text.charCodeAt(at));
    this.#cell += text.slice(from, to);
    if (quote === -1) return to;
    this.#place = 'quote';
    return to + 1;
  }

  /** The character at the start or the end of a cell. */
  #readMark(text: string, at: number, records: RawRecord[]): number {
    const code = text.charCodeAt(at);
    if (code === QUOTE && (this.#place === 'start' || this.#place === 'quote')) {
      if (this.#place === 'quote') this.#cell += '"';
      this.#place = 'quoted';
      this.#afterCr = false;
      return at + 1;
    }
    if (code === this.#separator) {
      this.#endCell();
      return at + 1;
    }
    if (code === LF || code === CR) {
      // The LF of a CR LF ends nothing: its line is over.
      if (code === CR || !this.#afterCr) records.push(...this.#endRow());
      this.#countLine(code);
      this.#rowLine = this.#line;
      return at + 1;
    }
    if (this.#place === 'quote') this.#fault = 'there is text after the closing quote of a cell';
    this.#place = 'bare';
    return at;
  }

  #countLine(code: number): void {
    if (code === CR || (code === LF && !this.#afterCr)) this.#line += 1;
    this.#afterCr = code === CR;
  }

  #endCell(): void {
    this.#cells.push(this.#cell);
    this.#cell = '';
    this.#place = 'start';
    this.#afterCr = false;
  }

  #endRow(): RawRecord[] {
    this.#endCell();
    const [cells, fault, line] = [this.#cells, this.#fault, this.#rowLine];
    this.#cells = [];
    this.#fault = undefined;
    this.#rowChars = 0;
    if (cells.length === 1 && cells[0] === '') return [];
    const names = this.#names;
    if (names === undefined) {
      this.#names = cells.map((name) => name.trim());
      return fault === undefined ? [] : [faulty(line, fault)];
    }
    if (fault !== undefined) return [faulty(line, fault)];
    if (cells.length !== names.length) {
      return [faulty(line, `there are ${cells.length} cells, and the header names ${names.length}`)];
    }
    return [{ line, columns: names.map((name, index) => [name, cells[index] ?? ''] as const) }];
  }
}

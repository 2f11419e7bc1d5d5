// JSON Lines, and an array in JSON, into records, piece by piece.
import { SourceFault, parseJson } from '../json.js';
import { faulty, type RawRecord, RECORD_MAX_CHARS, type RecordReader } from './records.js';

/** One object a line. */
export class JsonLinesReader implements RecordReader {
  #rest = '';
  #line = 0;
  #ended = false;

  push(text: string): RawRecord[] {
    if (this.#ended) return [];
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    const records = lines.flatMap((line) => (this.#ended ? [] : this.#record(line)));
    if (this.#rest.length > RECORD_MAX_CHARS) {
      records.push(...this.end());
      this.#ended = true;
    }
    return records;
  }

  end(): RawRecord[] {
    const last = this.#rest;
    this.#rest = '';
    return this.#ended ? [] : this.#record(last);
  }

  #record(text: string): RawRecord[] {
    this.#line += 1;
    if (this.#line === 1 && text.trimStart().startsWith('[')) {
      this.#ended = true;
      return [faulty(1, 'the file is one array; write one object a line (JSON Lines)')];
    }
    return text.trim() === '' ? [] : [objectRecord(text, this.#line)];
  }
}

/** An array of objects. */
export class JsonReader implements RecordReader {
  #place: 'before' | 'inside' | 'after' | 'broken' = 'before';
  /** Open brackets and braces within the element. */
  #depth = 0;
  #inText = false;
  #escaped = false;
  #element = '';
  /** Whether the element has more than white space so far. */
  #begun = false;
  #line = 1;
  #elementLine = 1;
  #count = 0;

  push(text: string): RawRecord[] {
    const records: RawRecord[] = [];
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const character = text.charAt(at);
      if (character === '\n') this.#line += 1;
      if (this.#inText) this.#passText(character);
      else if (this.#place !== 'inside') {
        records.push(...this.#outside(character));
        from = at + 1;
      } else if (this.#depth === 0 && (character === ',' || character === ']')) {
        this.#element += text.slice(from, at);
        from = at + 1;
        records.push(...this.#endElement(character === ']'));
      } else this.#passInside(character);
      if (this.#place === 'broken') return records;
    }
    this.#element += text.slice(from);
    if (this.#element.length > RECORD_MAX_CHARS) records.push(this.#break());
    return records;
  }

  end(): RawRecord[] {
    if (this.#place === 'after' || this.#place === 'broken') return [];
    return [this.#break()];
  }

  #passText(character: string): void {
    if (this.#escaped) this.#escaped = false;
    else if (character === '\\') this.#escaped = true;
    else if (character === '"') this.#inText = false;
  }

  #passInside(character: string): void {
    if (!this.#begun && character.trim() !== '') {
      this.#begun = true;
      this.#elementLine = this.#line;
    }
    if (character === '"') this.#inText = true;
    if (character === '{' || character === '[') this.#depth += 1;
    if (character === '}' || character === ']') this.#depth -= 1;
  }

  #outside(character: string): RawRecord[] {
    if (character.trim() === '') return [];
    if (this.#place !== 'before' || character !== '[') return [this.#break()];
    this.#place = 'inside';
    return [];
  }

  #endElement(isLast: boolean): RawRecord[] {
    const [text, begun] = [this.#element, this.#begun];
    this.#element = '';
    this.#begun = false;
    this.#count += 1;
    if (isLast) this.#place = 'after';
    const isEmptyArray = isLast && this.#count === 1 && !begun;
    return isEmptyArray ? [] : [objectRecord(text, begun ? this.#elementLine : this.#line)];
  }

  /** Whatever follows has no meaning any more. */
  #break(): RawRecord {
    this.#place = 'broken';
    this.#element = '';
    return faulty(this.#count === 0 ? 1 : this.#line, 'the file is not an array in JSON');
  }
}

function objectRecord(content: string, line: number): RawRecord {
  let value: unknown;
  try {
    value = parseJson(content.trimStart());
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error;
    return faulty(line + error.line - 1, `it ${error.reason}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return faulty(line, 'it is not an object');
  const columns: (readonly [string, string])[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (Number.isInteger(field) && !Number.isSafeInteger(field))
      return faulty(line, `${name} has more digits than a number keeps; write it as a text, in quotes`);
    if (typeof field === 'string' || typeof field === 'number') columns.push([name, String(field)]);
    else if (field !== null) return faulty(line, `${name} is neither a text nor a number`);
  }
  return { line, columns };
}

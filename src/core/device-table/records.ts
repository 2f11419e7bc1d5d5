// Cuts CSV, JSON and JSON Lines into records, each with the line that it begins in.

/** One record of a file: column names with their texts, or why it cannot be read. */
export interface RawRecord {
  /** From 1. */
  readonly line: number;
  readonly columns: readonly (readonly [name: string, text: string])[];
  readonly fault?: string | undefined;
}

/** RFC 4180 with a header; commas, semicolons or tabs, as spreadsheets write them. */
export function csvRecords(text: string): RawRecord[] {
  const firstLine = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  const separator = [';', '\t'].find((one) => firstLine.includes(one) && !firstLine.includes(',')) ?? ',';
  const [head, ...rows] = csvRows(text, separator);
  if (head === undefined) return [];
  return rows.map(({ line, cells }) => {
    const columns = head.cells.map((name, index) => [name.trim(), cells[index] ?? ''] as const);
    if (cells.length === head.cells.length) return { line, columns };
    return {
      line,
      columns,
      fault: `there are ${cells.length} cells, and the header names ${head.cells.length}`,
    };
  });
}

/** Rows with their cells; a quoted cell may hold separators and line ends. Empty lines are passed over. */
function csvRows(text: string, separator: string): { line: number; cells: string[] }[] {
  const rows: { line: number; cells: string[] }[] = [];
  const cell = new RegExp(`(?:"((?:[^"]|"")*)"|([^${separator}\r\n]*))(${separator}|\r\n|\n|\r|$)`, 'y');
  let line = 1;
  let row = { line, cells: [] as string[] };
  while (cell.lastIndex < text.length) {
    const start = cell.lastIndex;
    const match = cell.exec(text);
    // A quote in a place where none can be: the rest of the line is one cell, which its own check refuses.
    const [whole, quoted, bare = '', end] = match ?? restOfLine(text, start);
    if (match === null) cell.lastIndex = start + whole.length;
    row.cells.push(quoted?.replaceAll('""', '"') ?? bare);
    line += whole.match(/\r\n|\n|\r/g)?.length ?? 0;
    if (end === separator && cell.lastIndex < text.length) continue;
    if (end === separator) row.cells.push('');
    if (row.cells.length > 1 || row.cells[0] !== '') rows.push(row);
    row = { line, cells: [] };
  }
  return rows;
}

function restOfLine(text: string, start: number): [string, undefined, string, string] {
  const match = /^([^\r\n]*)(\r\n|\n|\r|$)/.exec(text.slice(start));
  const [whole = '', bare = '', end = ''] = match ?? [];
  return [whole, undefined, bare, end];
}

/** One object a line. */
export function jsonLineRecords(text: string): RawRecord[] {
  return text
    .split('\n')
    .flatMap((content, index) => (content.trim() === '' ? [] : [objectRecord(content, index + 1)]));
}

/** An array of objects. */
export function jsonRecords(text: string): RawRecord[] {
  try {
    if (!Array.isArray(JSON.parse(text))) throw new SyntaxError('no array');
  } catch {
    return [{ line: 1, columns: [], fault: 'the file is not an array in JSON' }];
  }
  return elementsOf(text).map(({ content, line }) => objectRecord(content, line));
}

/** The texts of the elements of an array that is known to be JSON. */
function elementsOf(text: string): { content: string; line: number }[] {
  const elements: { content: string; line: number }[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[[\]{},\n]/g;
  let [depth, line, start, startLine] = [0, 1, 0, 1];
  for (const { 0: found, index } of text.matchAll(token)) {
    if (found === '\n') line += 1;
    const closes = found === ']' || found === '}';
    if (closes) depth -= 1;
    if ((depth === 1 && found === ',') || (depth === 0 && found === ']')) {
      const content = text.slice(start, index);
      const lead = /^\s*/.exec(content)?.[0] ?? '';
      if (content.trim() !== '') elements.push({ content, line: startLine + lead.split('\n').length - 1 });
      [start, startLine] = [index + 1, line];
    }
    if (found === '[' || found === '{') depth += 1;
    if (depth === 1 && found === '[') [start, startLine] = [index + 1, line];
  }
  return elements;
}

function objectRecord(content: string, line: number): RawRecord {
  const refuse = (fault: string): RawRecord => ({ line, columns: [], fault });
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return refuse('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('it is not an object');
  const columns: (readonly [string, string])[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === 'string' || typeof field === 'number') columns.push([name, String(field)]);
    else if (field !== null) return refuse(`${name} is not a text`);
  }
  return { line, columns };
}

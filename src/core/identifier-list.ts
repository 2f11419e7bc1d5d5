// Reads a list of identifiers from an ERP system: CSV with a header that names serial, uuid and psk in any order.
import { EspmintError } from './errors/index.js';
import { parsePsk } from './psk.js';
import { parseUuid } from './uuid.js';

export interface IdentifierLine {
  readonly serial?: string | undefined;
  readonly uuid?: string | undefined;
  readonly psk?: string | undefined;
  /** From 1. */
  readonly line: number;
}

const COLUMNS = ['serial', 'uuid', 'psk'] as const;
const MAX_SERIAL_CHARS = 64;

/**
 * Commas, semicolons or tabs; cells may be quoted. A message never repeats a PSK.
 *
 * @throws IDENTIFIERS_INVALID with the first line that is wrong
 */
export function parseIdentifierList(text: string, file: string): IdentifierLine[] {
  return [...readIdentifierList(text, file)].filter((row) => row !== undefined);
}

/**
 * The same line by line, undefined for a blank one: for whoever has others to serve between two of them. A later line may
 * still be refused.
 */
export function* readIdentifierList(text: string, file: string): Generator<IdentifierLine | undefined> {
  const refuse = (line: number, reason: string): EspmintError =>
    new EspmintError('IDENTIFIERS_INVALID', { file, line, reason });
  const lines = linesOf(text.replace(/^\uFEFF/, ''));
  const next = (): string => lines.next().value ?? '';
  const first = next();
  // The line by which a spreadsheet says what separates the cells.
  const said = /^"?sep=(.)"?$/i.exec(first)?.[1];
  const headerLine = said === undefined ? 1 : 2;
  const header = said === undefined ? first : next();
  const separator = said ?? [';', '\t'].find((character) => header.includes(character)) ?? ',';
  const names = cellsOf(header, separator, COLUMNS.length).map((name) => name.toLowerCase());
  const unknown = names.find((name) => !COLUMNS.some((column) => column === name));
  if (unknown !== undefined || names.length === 0 || new Set(names).size !== names.length) {
    throw refuse(
      headerLine,
      `the header must name each of serial, uuid and psk once at most, and nothing else`,
    );
  }
  const seen = COLUMNS.map((column) => ({ column, lines: new Map<string, number>() }));
  let isEmpty = true;
  let line = headerLine;
  for (const content of lines) {
    line += 1;
    if (content.trim() === '') {
      yield undefined;
      continue;
    }
    const cells = cellsOf(content, separator, names.length);
    if (cells.length !== names.length) {
      const count = cells.length > names.length ? 'more' : 'fewer';
      throw refuse(line, `has ${count} cells than the header, which has ${names.length}`);
    }
    const value = (column: (typeof COLUMNS)[number]): string | undefined => cells[names.indexOf(column)];
    const row = { ...checkRow(value, (reason) => refuse(line, reason)), line };
    refuseTwin(row, seen, refuse);
    isEmpty = false;
    yield row;
  }
  if (isEmpty) throw refuse(2, 'there is no row');
}

function* linesOf(text: string): Generator<string, undefined> {
  for (let at = 0; at <= text.length;) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found;
    yield text.slice(at, text.charAt(end - 1) === '\r' && end > at ? end - 1 : end);
    at = end + 1;
  }
  return undefined;
}

function checkRow(
  value: (column: (typeof COLUMNS)[number]) => string | undefined,
  refuse: (reason: string) => EspmintError,
): Omit<IdentifierLine, 'line'> {
  const [serial, uuid, psk] = COLUMNS.map(value);
  if (serial !== undefined && !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(serial)) {
    throw refuse('the serial number is not printable ASCII');
  }
  if (serial !== undefined && serial.length > MAX_SERIAL_CHARS) {
    throw refuse(`the serial number has more than ${MAX_SERIAL_CHARS} characters`);
  }
  try {
    return {
      serial,
      uuid: uuid === undefined ? undefined : parseUuid(uuid),
      psk: psk === undefined ? undefined : parsePsk(psk),
    };
  } catch (error) {
    throw refuse(error instanceof EspmintError ? error.message.replace(/\.$/, '') : 'it cannot be read');
  }
}

function refuseTwin(
  row: IdentifierLine,
  seen: readonly { readonly column: (typeof COLUMNS)[number]; readonly lines: Map<string, number> }[],
  refuse: (line: number, reason: string) => EspmintError,
): void {
  for (const { column, lines } of seen) {
    const text = row[column];
    if (text === undefined) continue;
    const before = lines.get(text);
    if (before !== undefined) throw refuse(row.line, `the ${column} is the same as in line ${before}`);
    lines.set(text, row.line);
  }
}

/** RFC 4180 without line breaks in cells, which identifiers do not have. Of more than `most` cells one more is read. */
function cellsOf(line: string, separator: string, most: number): string[] {
  const cells: string[] = [];
  let rest = line;
  for (;;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*/.exec(rest);
    const end = quoted === null ? rest.indexOf(separator) : quoted[0].length;
    const text =
      quoted === null ? rest.slice(0, end < 0 ? undefined : end) : (quoted[1] ?? '').replaceAll('""', '"');
    cells.push(text.trim());
    if (end < 0 || rest[end] !== separator || cells.length > most) return cells;
    rest = rest.slice(end + 1);
  }
}

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
  const refuse = (line: number, reason: string): EspmintError =>
    new EspmintError('IDENTIFIERS_INVALID', { file, line, reason });
  const all = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  // The line by which a spreadsheet says what separates the cells.
  const said = /^"?sep=(.)"?$/i.exec(all[0] ?? '')?.[1];
  const headerLine = said === undefined ? 1 : 2;
  const [header = '', ...lines] = all.slice(headerLine - 1);
  const separator = said ?? [';', '\t'].find((character) => header.includes(character)) ?? ',';
  const names = cellsOf(header, separator).map((name) => name.toLowerCase());
  const unknown = names.find((name) => !COLUMNS.some((column) => column === name));
  if (unknown !== undefined || names.length === 0 || new Set(names).size !== names.length) {
    throw refuse(
      headerLine,
      `the header must name each of serial, uuid and psk once at most, and nothing else`,
    );
  }
  const rows = lines.flatMap((content, index): IdentifierLine[] => {
    const line = index + headerLine + 1;
    if (content.trim() === '') return [];
    const cells = cellsOf(content, separator);
    if (cells.length !== names.length)
      throw refuse(line, `has ${cells.length} cells instead of ${names.length}`);
    const value = (column: (typeof COLUMNS)[number]): string | undefined => cells[names.indexOf(column)];
    return [{ ...checkRow(value, (reason) => refuse(line, reason)), line }];
  });
  if (rows.length === 0) throw refuse(2, 'there is no row');
  refuseTwins(rows, refuse);
  return rows;
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

function refuseTwins(
  rows: readonly IdentifierLine[],
  refuse: (line: number, reason: string) => EspmintError,
): void {
  for (const column of COLUMNS) {
    const lines = new Map<string, number>();
    for (const row of rows) {
      const text = row[column];
      if (text === undefined) continue;
      const before = lines.get(text);
      if (before !== undefined) throw refuse(row.line, `the ${column} is the same as in line ${before}`);
      lines.set(text, row.line);
    }
  }
}

/** RFC 4180 without line breaks in cells, which identifiers do not have. */
function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = [];
  let rest = line;
  for (;;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*/.exec(rest);
    const end = quoted === null ? rest.indexOf(separator) : quoted[0].length;
    const text =
      quoted === null ? rest.slice(0, end < 0 ? undefined : end) : (quoted[1] ?? '').replaceAll('""', '"');
    cells.push(text.trim());
    if (end < 0 || rest[end] !== separator) return cells;
    rest = rest.slice(end + 1);
  }
}

// A file of entries for an allow or deny list: one a line, in the first cell of each line.
import { EspmintError, isEspmintError } from './errors/index.js';
import { parseListEntry, type ListEntry } from './list-entry.js';

/** Of one file: more are given in several. */
export const LIST_FILE_MAX_ENTRIES = 10_000;

/** First cells of a line that names the columns. */
const HEADINGS: ReadonlySet<string> = new Set([
  'mac',
  'uuid',
  'entry',
  'mac_address',
  'global_uuid',
  'device',
]);

/**
 * MACs, UUIDs and ranges `FIRST..LAST`, each on its own line; further cells behind a comma, semicolon or tab are not
 * read, nor are empty lines, lines that begin with `#`, and a first line that names the columns.
 *
 * @param file how a message names the text
 * @throws IDENTIFIERS_INVALID with the first line that is wrong, or where there is no entry at all
 */
export function parseListFile(text: string, file: string): ListEntry[] {
  const entries: ListEntry[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  for (const [index, content] of lines.entries()) {
    const cell = firstCell(content);
    if (cell === '' || cell.startsWith('#')) continue;
    if (entries.length === 0 && HEADINGS.has(cell.toLowerCase())) continue;
    if (entries.length === LIST_FILE_MAX_ENTRIES)
      throw refuse(file, index, `is beyond the ${LIST_FILE_MAX_ENTRIES} entries that one file may have`);
    entries.push(entryOf(cell, file, index));
  }
  if (entries.length === 0) throw refuse(file, 0, 'there is no MAC, UUID or range');
  return entries;
}

function entryOf(cell: string, file: string, index: number): ListEntry {
  try {
    return parseListEntry(cell);
  } catch (error) {
    if (!isEspmintError(error)) throw error;
    const shown = cell.length > 60 ? `${cell.slice(0, 60)}…` : cell;
    throw refuse(file, index, `"${shown}" is no MAC, no UUID and no range of MACs (FIRST..LAST)`);
  }
}

function firstCell(line: string): string {
  const [cell = ''] = line.split(/[,;\t]/, 1);
  return cell
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim();
}

function refuse(file: string, index: number, reason: string): EspmintError {
  return new EspmintError('IDENTIFIERS_INVALID', { file, line: index + 1, reason });
}

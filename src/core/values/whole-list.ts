// A file with a list of values, taken whole or not at all: what is wrong with it is said together.
import { FAULTS_SHOWN } from '../device-table/faults.js';
import { EspmintError } from '../errors/index.js';
import { readValueRows, type RowsInput, type ValueRow } from './rows.js';

/**
 * Reads on to the end of the file before it refuses it.
 * @param file as messages name it. @throws VALUES_FILE_INVALID with the first lines that are wrong, and what `readFile` throws
 */
export async function* readWholeList(file: string, input: RowsInput): AsyncGenerator<ValueRow> {
  const faults: string[] = [];
  let count = 0;
  for await (const row of readValueRows(input)) {
    if (!('reason' in row)) {
      if (count === 0) yield row;
      continue;
    }
    count += 1;
    if (faults.length < FAULTS_SHOWN) faults.push(`${file}:${row.line}: ${row.reason}`);
  }
  if (count === 0) return;
  const more = count > faults.length ? `; and ${count - faults.length} more lines` : '';
  throw new EspmintError('VALUES_FILE_INVALID', { faults, more });
}

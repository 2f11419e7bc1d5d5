// The configuration file of ESP-IDF's manufacturing utility (tools/mass_mfg): one line a namespace or key, without a
// header: `key,type,encoding` or `key,type,encoding,REPEAT`.
import { EspmintError } from '../../errors/index.js';
import { type CsvCell, type CsvPlace, type CsvRecord, decodeCsvText, readCsv } from '../csv.js';

/** A line of the configuration: a namespace, or a key whose value each device's row gives. */
export interface MassColumn {
  readonly key: CsvCell;
  readonly type: CsvCell;
  readonly encoding: CsvCell;
  /** The first device's value is every device's. */
  readonly repeat: boolean;
  readonly isNamespace: boolean;
}

const TYPES = ['data', 'file', 'namespace'];
const REPEAT = 'REPEAT';

/**
 * Reads a configuration file. Blank lines and `#` comments are left out.
 *
 * @throws NVS_CSV_INVALID with line and column
 */
export function parseMassConfig(file: string, bytes: Uint8Array): MassColumn[] {
  const columns: MassColumn[] = [];
  for (const record of readCsv(file, decodeCsvText(file, bytes))) {
    if (record.cells.some(({ text }) => text.trim() !== '')) columns.push(parseColumn(file, record));
  }
  const [first] = columns;
  if (first === undefined) refuse({ file, line: 1, column: 1 }, 'the configuration is empty');
  if (!first.isNamespace) refuse(first.key, 'the first line is not a namespace');
  return columns;
}

function parseColumn(file: string, { line, cells }: CsvRecord): MassColumn {
  const [key, type, encoding, mark] = cells;
  if (key === undefined || type === undefined || encoding === undefined) {
    refuse({ file, line, column: 1 }, 'the line has fewer than three cells');
  }
  if (!TYPES.includes(type.text))
    refuse(type, `"${key.text}" has a type that is none of data, file, namespace`);
  const extra = mark !== undefined && mark.text !== REPEAT ? mark : cells[4];
  if (extra !== undefined) refuse(extra, `the only word that can follow the encoding is ${REPEAT}`);
  return { key, type, encoding, repeat: mark !== undefined, isNamespace: type.text === 'namespace' };
}

function refuse({ file, line, column }: CsvPlace, reason: string): never {
  const hint =
    'begin with a line like app,namespace, and give one line key,type,encoding[,REPEAT] for each key';
  throw new EspmintError('NVS_CSV_INVALID', { file, line, column, reason, hint });
}

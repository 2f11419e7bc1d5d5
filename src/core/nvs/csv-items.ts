// Rows of CSV tables to items: namespaces, encodings, `file` rows and the warnings that go with them.
import { EspmintError, isEspmintError } from '../errors/index.js';
import { isSecretKey } from '../masking/nvs-values.js';
import type { CellOddity, CsvCell, CsvPlace } from './csv.js';
import { type CsvInput, type CsvTableRow, readTable } from './csv-table.js';
import { decodeCell, decodeFile } from './csv-value.js';
import {
  type NvsIntegerType,
  CHUNK_START_OTHER,
  KEY_MAX_BYTES,
  NAMESPACES_MAX,
  SLOTS_PER_PAGE,
  SLOT_SIZE,
} from './layout.js';
import { type NvsItem, NamespaceIndexes, nameFault, namespaceItem } from './rows.js';
import type { CsvWarning, CsvWarningCode } from './warnings.js';
import { WifiExtras, isStationKey } from './wifi-extras.js';

export interface CsvItemOptions {
  /** Content of a `file` row's path. May throw anything; the error names the row. Without it `file` rows are refused. */
  readonly readFile?: ((path: string) => Uint8Array) | undefined;
  readonly warn: (warning: CsvWarning) => void;
}

/** The highest index that fits the one-byte field; firmware stops one earlier and is warned about. */
const NAMESPACE_INDEX_MAX = 255;
/** Firmware reads a blob in at most 127 pieces of a page's worth each; the generator goes on to 255. */
const BLOB_READABLE_BYTES = (CHUNK_START_OTHER - 1) * (SLOTS_PER_PAGE - 1) * SLOT_SIZE;

/**
 * Items of one or more CSV files, in order; namespaces run on from one file to the next.
 *
 * @throws NVS_CSV_INVALID with file, line and column
 */
export function* itemsFromCsv(inputs: readonly CsvInput[], options: CsvItemOptions): Generator<NvsItem> {
  const rows = new RowConverter(options);
  for (const input of inputs) {
    for (const row of readTable(input, options.warn)) yield* rows.convert(row);
  }
}

/** Carries what rows depend on from earlier rows: namespaces, keys seen, the generator's hidden Wi-Fi entries. */
export class RowConverter {
  readonly #namespaces = new NamespaceIndexes();
  readonly #seen = new Set<string>();
  readonly #wifi = new WifiExtras();

  constructor(private readonly options: CsvItemOptions) {}

  /** The items that one row makes: usually one. */
  *convert(row: CsvTableRow): Generator<NvsItem> {
    if (row.key === undefined) throw invalid(row.place, 'the row has no key', FULL_ROW);
    const key = row.key.text;
    const source = placeOf(row.key);
    this.#lookAt(row);
    const fault = nameFault(key);
    if (fault !== undefined) throw invalid(source, `"${shownName(key)}" ${fault.reason}`, fault.hint);
    const master = this.#wifi.accessPointKey(key, row.value?.text);
    if (master !== undefined) yield this.#item(source, 'ap.pmk_info', { kind: 'blob', data: master });
    if (row.type?.text === 'namespace' && !isStationKey(key)) {
      yield* this.#namespace(key, source);
      return;
    }
    yield this.#item(source, key, this.#value(row, key));
    if (!isStationKey(key)) return;
    for (const [name, data] of this.#wifi.stationExtras())
      yield this.#item(source, name, { kind: 'blob', data });
  }

  /** What is odd about the way in which the row is written; the value itself is looked at by its encoding. */
  #lookAt({ key, type, encoding, value, surplus }: CsvTableRow): void {
    const name = shownName(key?.text ?? '');
    const warn = (code: CsvWarningCode, cell: CsvCell, what: string): void =>
      this.#warn(code, placeOf(cell), `the row of "${name}" ${what}`);
    if (surplus !== undefined) {
      warn('surplus-cells', surplus, 'has more cells than the header; put a value with commas into quotes');
    }
    for (const cell of [key, type, encoding, value]) {
      for (const oddity of cell?.oddities ?? []) if (cell !== undefined) warn(oddity, cell, ODDITIES[oddity]);
    }
    if (key !== undefined && isBlankOutside(key.text)) {
      warn('outer-blank', key, 'has a blank at an end of its name, which firmware has to ask for; remove it');
    }
    const isNamespace = type?.text === 'namespace' && !isStationKey(key?.text ?? '');
    const ignored = isNamespace ? [encoding, value].find((cell) => (cell?.text ?? '') !== '') : undefined;
    if (ignored !== undefined) {
      warn('namespace-value', ignored, 'is of a namespace, which has no value: it is not written; remove it');
    }
    if (encoding?.text === 'string' && value?.isQuoted === false && isBlankOutside(value.text)) {
      warn(
        'outer-blank',
        value,
        'has a blank at an end of its text, which is stored; remove it, or put the text into quotes',
      );
    }
  }

  *#namespace(name: string, source: CsvPlace): Generator<NvsItem> {
    if (this.#namespaces.find(name) !== undefined) {
      const message = `namespace "${name}" appears again, but the rows below stay in the newest namespace; move them up`;
      this.#warn('namespace-reopened', source, message);
      return;
    }
    const index = this.#namespaces.add(name);
    if (index > NAMESPACE_INDEX_MAX) {
      const reason = `"${name}" is namespace ${index}, and a partition has room for ${NAMESPACES_MAX}`;
      throw invalid(source, reason, 'use fewer namespaces');
    }
    if (index > NAMESPACES_MAX) {
      this.#warn(
        'namespace-reserved',
        source,
        `firmware keeps namespace index ${index} for itself; use fewer namespaces`,
      );
    }
    yield namespaceItem(name, index, source);
  }

  #value(row: CsvTableRow, key: string): Stored {
    const encoding = row.encoding;
    if (encoding === undefined) throw invalid(row.place, `"${key}" has no encoding`, FULL_ROW);
    const isFile = row.type?.text === 'file' && !isStationKey(key);
    if (!isFile && row.type?.text !== 'data' && !isStationKey(key)) {
      const message = `"${key}" has a type that is none of data, file, namespace, and is taken for data; write data`;
      this.#warn('unknown-type', placeOf(row.type ?? encoding), message);
    }
    const place = placeOf(row.value ?? encoding);
    const decoded = isFile
      ? decodeFile(encoding.text, this.#readFile(row, key))
      : decodeCell(encoding.text, row.value?.text);
    if ('fault' in decoded) {
      const at = decoded.about === 'encoding' ? placeOf(encoding) : place;
      throw invalid(at, `the value of "${key}" ${decoded.fault}`, decoded.hint);
    }
    for (const { code, message } of decoded.warnings) this.#warn(code, place, `"${key}" ${message}`);
    return decoded;
  }

  #readFile(row: CsvTableRow, key: string): Uint8Array {
    if (row.value === undefined) throw invalid(row.place, `"${key}" names no file`, FULL_ROW);
    const { readFile } = this.options;
    const path = row.value.text;
    if (readFile === undefined) {
      throw invalid(
        placeOf(row.value),
        `"${key}" is a file row, and files cannot be read here`,
        'give the value itself',
      );
    }
    try {
      return readFile(path);
    } catch (cause) {
      if (isEspmintError(cause, 'INTERNAL')) throw cause;
      const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'reading it failed';
      // A secret given in the wrong column would stand where the path is expected.
      const shown = isSecretKey(key) ? '' : ` "${printable(path)}"`;
      const text = `the file${shown} of "${key}" cannot be read (${reason})`;
      throw invalid(
        placeOf(row.value),
        text,
        'correct the path; it is relative to the working folder',
        cause,
      );
    }
  }

  #item(source: CsvPlace, key: string, stored: Stored): NvsItem {
    const namespaceIndex = this.#namespaces.count;
    if (namespaceIndex === 0) {
      const message = `"${key}" stands before the first namespace, so the device takes it for a namespace; add one above`;
      this.#warn('no-namespace', source, message);
    }
    const name = `${namespaceIndex}/${key}`;
    if (this.#seen.has(name)) {
      const message = `"${key}" is already in this namespace; which one the device finds is not defined; remove one`;
      this.#warn('duplicate-key', source, message);
    }
    this.#seen.add(name);
    if (stored.kind === 'blob' && stored.data.length > BLOB_READABLE_BYTES) {
      this.#warn('many-chunks', source, `"${key}" is longer than firmware can read back; split it`);
    }
    return stored.kind === 'integer'
      ? { kind: 'integer', namespaceIndex, key, source, type: stored.type, value: stored.value }
      : { kind: stored.kind, namespaceIndex, key, source, data: stored.data };
  }

  #warn(code: CsvWarningCode, { file, line, column }: CsvPlace, message: string): void {
    this.options.warn({ code, file, line, column, message });
  }
}

type Stored =
  | { readonly kind: 'integer'; readonly type: NvsIntegerType; readonly value: bigint }
  | { readonly kind: 'string' | 'blob'; readonly data: Uint8Array };

const ODDITIES: Readonly<Record<CellOddity, string>> = {
  'open-quote': 'has a quote that is never closed, so everything below is part of this cell; close it',
  'lost-line':
    'has lines in quotes that begin with #, which are left out of the value; give the text as a file row',
  'stray-quote': 'has a quote that is part of the cell; write "" for one, and put the whole cell into quotes',
};

function isBlankOutside(text: string): boolean {
  return text !== text.trim();
}

const FULL_ROW = 'write all four cells: key,type,encoding,value';

function placeOf({ file, line, column }: CsvCell): CsvPlace {
  return { file, line, column };
}

/** A name for a message. A quote left open can swallow the rows that follow and their secrets: so no more than a name. */
function shownName(text: string): string {
  return text.length > KEY_MAX_BYTES ? `${printable(text.slice(0, KEY_MAX_BYTES))}…` : printable(text);
}

/** Control characters would redraw the terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '\ufffd').slice(0, 80);
}

function invalid(
  { file, line, column }: CsvPlace,
  reason: string,
  hint: string,
  cause?: unknown,
): EspmintError {
  return new EspmintError('NVS_CSV_INVALID', { file, line, column, reason, hint }, { cause });
}

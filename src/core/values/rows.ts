// Values of its own for each board: the rows of a list, checked against the columns that a profile declares.
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { CsvReader } from '../device-table/csv-reader.js';
import { JsonLinesReader } from '../device-table/json-reader.js';
import type { RawRecord } from '../device-table/records.js';
import { EspmintError } from '../errors/index.js';
import { parseMac } from '../mac.js';
import type { Profile } from '../profile/schema.js';
import { textFault } from '../text.js';
import { parseUuid } from '../uuid.js';

export type ValuesPlan = NonNullable<Profile['values']>;
export type ValueColumn = ValuesPlan['columns'][number];

/** What a value is, ready for every kind of NVS row. */
export type BoardValues = Readonly<Record<string, BoardValue>>;
export interface BoardValue {
  /** Text as stored: of bytes hex or base64, as its column has it. */
  readonly text: string;
  /** Of a column of bytes. */
  readonly bytes?: Uint8Array | undefined;
  readonly secret: boolean;
}

/** What a row may name: a board, the batch whose boards share it, or what an operator scans before the board comes. */
const ROW_NAMES = ['mac', 'serial', 'uuid', 'batch', 'scan'] as const;
type RowName = (typeof ROW_NAMES)[number];

/** One row of a list. */
export interface ValueRow {
  /** In the file, from 1. */
  readonly line: number;
  /** For whom it is; absent: for any board. */
  readonly named?: { readonly name: RowName; readonly text: string } | undefined;
  /** Every declared column, as stored. */
  readonly values: Readonly<Record<string, string>>;
}

/**
 * `reserved`: no board has it yet, and a station holds it for one that it makes while the database is out of reach.
 * `shared`: it names a batch, and all boards of that have it; never used up.
 */
export const ROW_STATES = ['free', 'reserved', 'used', 'shared', 'scrapped', 'returned'] as const;
export type RowState = (typeof ROW_STATES)[number];

export interface RowFault {
  readonly line: number;
  readonly reason: string;
}

export interface RowsInput {
  readonly pieces: AsyncIterable<string>;
  readonly format: 'csv' | 'jsonl';
  readonly columns: readonly ValueColumn[];
  /** How boards find their rows: each row says it in this way, and in no other. */
  readonly match: ValuesPlan['match'];
  /** Of a `file` column: the bytes behind the path in its cell. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
}

/** Rows and faults in the order of the file; no fault repeats a value, which may be secret. */
export async function* readValueRows(input: RowsInput): AsyncGenerator<ValueRow | RowFault> {
  const reader = input.format === 'csv' ? new CsvReader() : new JsonLinesReader();
  const declared = new Map(input.columns.map((column) => [column.name, column]));
  const toRow = async (record: RawRecord): Promise<ValueRow | RowFault> => {
    try {
      return await rowOf(record, declared, input);
    } catch (error) {
      if (!(error instanceof EspmintError) && !(error instanceof Fault)) throw error;
      return { line: record.line, reason: error.message.replace(/\.$/, '') };
    }
  };
  let [isFirst, isEmpty] = [true, true];
  for await (const piece of input.pieces) {
    for (const record of reader.push(isFirst ? piece.replace(/^\uFEFF/, '') : piece)) {
      isEmpty = false;
      yield await toRow(record);
    }
    if (piece !== '') isFirst = false;
  }
  for (const record of reader.end()) {
    isEmpty = false;
    yield await toRow(record);
  }
  if (isEmpty) yield { line: 1, reason: 'there is no row' };
}

class Fault extends Error {}

type Declared = ReadonlyMap<string, ValueColumn>;

async function rowOf(record: RawRecord, declared: Declared, input: RowsInput): Promise<ValueRow> {
  if (record.fault !== undefined) throw new Fault(record.fault);
  const values: Record<string, string> = {};
  const seen = new Set<string>();
  let named: { readonly name: RowName; readonly text: string } | undefined;
  for (const [name, cell] of record.columns) {
    if (seen.has(name)) throw new Fault(`the column ${name} is there twice`);
    seen.add(name);
    const column = declared.get(name);
    if (column !== undefined) {
      values[name] = column.file ? await fileValue(column, cell, input) : storedValue(column, cell);
    } else if (isRowName(name)) {
      const text = cell.trim();
      if (text === '') continue;
      if (name !== input.match) throw new Fault(otherName(name, input.match));
      const fault = textFault(text);
      if (fault !== undefined) throw new Fault(`${name} ${fault.reason}`);
      named = { name, text: name === 'mac' ? parseMac(text) : name === 'uuid' ? parseUuid(text) : text };
    } else {
      throw new Fault(`the column "${name.slice(0, 40)}" is not declared in values.columns of the profile`);
    }
  }
  for (const name of declared.keys()) if (!seen.has(name)) throw new Fault(`there is no column ${name}`);
  if (input.match !== 'next' && named === undefined) throw new Fault(`there is no ${input.match}`);
  return { line: record.line, named, values };
}

const isRowName = (name: string): name is RowName => (ROW_NAMES as readonly string[]).includes(name);

const otherName = (name: RowName, match: ValuesPlan['match']): string =>
  `it names its ${name === 'batch' ? 'batch' : `board by ${name}`}, and values.match of the profile is ${match}`;

async function fileValue(column: ValueColumn, path: string, { readFile }: RowsInput): Promise<string> {
  if (path === '') throw new Fault(`${column.name} names no file`);
  const bytes = await readFile(path);
  checkWidth(column, bytes.length);
  return toBase64(bytes);
}

const INTEGER_LIMITS: Readonly<Record<string, readonly [bigint, bigint]>> = Object.fromEntries(
  [8, 16, 32, 64].flatMap((bits) => [
    [`u${bits}`, [0n, 2n ** BigInt(bits) - 1n] as const],
    [`i${bits}`, [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n] as const],
  ]),
);

/** The text that is kept of a cell. */
function storedValue(column: ValueColumn, cell: string): string {
  const { name, type } = column;
  const limits = INTEGER_LIMITS[type];
  if (limits !== undefined) {
    const text = cell.trim();
    if (!/^[+-]?\d+$|^0x[0-9a-f]+$/i.test(text)) throw new Fault(`${name} is no whole number`);
    const number = BigInt(text.replace(/^\+/, ''));
    if (number < limits[0] || number > limits[1]) throw new Fault(`${name} is outside ${type}`);
    return String(number);
  }
  if (type === 'string') {
    const fault = textFault(cell);
    if (fault !== undefined) throw new Fault(`${name} ${fault.reason}`);
    checkWidth(column, new TextEncoder().encode(cell).length);
    return cell;
  }
  const bytes = type === 'hex' ? fromHex(name, cell) : fromBase64(name, cell);
  checkWidth(column, bytes.length);
  return type === 'hex' ? bytesToHex(bytes) : toBase64(bytes);
}

function checkWidth({ name, width }: ValueColumn, bytes: number): void {
  if (width !== undefined && bytes > width)
    throw new Fault(`${name} has ${bytes} bytes, more than its width of ${width}`);
}

function fromHex(name: string, text: string): Uint8Array {
  const digits = text.replaceAll(/[\s:]/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Fault(`${name} is not an even number of hex digits`);
  return hexToBytes(digits.toLowerCase());
}

function fromBase64(name: string, text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  } catch {
    throw new Fault(`${name} is not base64`);
  }
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

/** The values of one row, for the flow. */
export function boardValues(
  columns: readonly ValueColumn[],
  stored: Readonly<Record<string, string>>,
): BoardValues {
  return Object.fromEntries(
    columns.map(({ name, type, file, secret }) => {
      const text = stored[name] ?? '';
      const bytes =
        file || type === 'base64' ? fromBase64(name, text) : type === 'hex' ? hexToBytes(text) : undefined;
      return [name, { text, bytes, secret }];
    }),
  );
}

/** How a value stands in the text of an NVS row of this type: bytes as hex in a hex row, and as base64 in a base64 row. */
export function valueText({ text, bytes }: BoardValue, rowType: string): string {
  if (bytes === undefined) return text;
  if (rowType === 'hex') return bytesToHex(bytes);
  return rowType === 'base64' ? toBase64(bytes) : text;
}

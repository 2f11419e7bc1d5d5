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

/** One row of a list. One of the first five names the board or the batch that it is for, where the list has them. */
export interface ValueRow {
  /** In the file, from 1. */
  readonly line: number;
  readonly mac?: string | undefined;
  readonly serial?: string | undefined;
  readonly uuid?: string | undefined;
  /** All boards of this batch share the row. */
  readonly batch?: string | undefined;
  /** What an operator scans before the board is plugged in. */
  readonly scan?: string | undefined;
  /** Every declared column, as stored. */
  readonly values: Readonly<Record<string, string>>;
}

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

const NAMES = ['mac', 'serial', 'uuid', 'batch', 'scan'] as const;

/** Rows and faults in the order of the file; no fault repeats a value, which may be secret. */
export async function* readValueRows(input: RowsInput): AsyncGenerator<ValueRow | RowFault> {
  const reader = input.format === 'csv' ? new CsvReader() : new JsonLinesReader();
  const seen = new Map<string, number>();
  let [isFirst, count] = [true, 0];
  const toRow = async (record: RawRecord): Promise<ValueRow | RowFault> => {
    count += 1;
    try {
      const row = await rowOf(record, input);
      checkUnique(row, input.columns, seen);
      return row;
    } catch (error) {
      if (!(error instanceof EspmintError) && !(error instanceof Fault)) throw error;
      return { line: record.line, reason: error.message.replace(/\.$/, '') };
    }
  };
  for await (const piece of input.pieces) {
    for (const record of reader.push(isFirst ? piece.replace(/^\uFEFF/, '') : piece))
      yield await toRow(record);
    if (piece !== '') isFirst = false;
  }
  for (const record of reader.end()) yield await toRow(record);
  if (count === 0) yield { line: 1, reason: 'there is no row' };
}

class Fault extends Error {}

async function rowOf({ line, columns, fault }: RawRecord, input: RowsInput): Promise<ValueRow> {
  if (fault !== undefined) throw new Fault(fault);
  const cells = new Map<string, string>();
  for (const [name, text] of columns) {
    if (cells.has(name)) throw new Fault(`the column ${name} is there twice`);
    const isKnown = input.columns.some((column) => column.name === name) || NAMES.some((one) => one === name);
    if (!isKnown)
      throw new Fault(`the column "${name.slice(0, 40)}" is not declared in values.columns of the profile`);
    cells.set(name, text);
  }
  const values: Record<string, string> = {};
  for (const column of input.columns) {
    const cell = cells.get(column.name);
    if (cell === undefined) throw new Fault(`there is no column ${column.name}`);
    values[column.name] = column.file ? await fileValue(column, cell, input) : storedValue(column, cell);
  }
  const nameIn = (name: (typeof NAMES)[number]): string | undefined =>
    input.columns.some((column) => column.name === name)
      ? undefined
      : (cells.get(name) ?? '').trim() || undefined;
  const [mac, uuid] = [nameIn('mac'), nameIn('uuid')];
  const named = NAMES.filter((name) => nameIn(name) !== undefined);
  const { match } = input;
  if (match !== 'next' && !named.includes(match)) throw new Fault(`there is no ${match}`);
  const other = named.find((name) => name !== match);
  if (other !== undefined)
    throw new Fault(
      `it names its ${other === 'batch' ? 'batch' : `board by ${other}`}, and values.match of the profile is ${match}`,
    );
  return {
    line,
    mac: mac === undefined ? undefined : parseMac(mac),
    serial: nameIn('serial'),
    uuid: uuid === undefined ? undefined : parseUuid(uuid),
    batch: nameIn('batch'),
    scan: nameIn('scan'),
    values,
  };
}

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

/** @throws Fault with both lines */
function checkUnique(row: ValueRow, columns: readonly ValueColumn[], seen: Map<string, number>): void {
  const keys = [
    ...NAMES.map((name) => [name, row[name]] as const),
    ...columns.filter(({ unique }) => unique).map(({ name }) => [name, row.values[name]] as const),
  ];
  for (const [name, value] of keys) {
    if (value === undefined) continue;
    const key = `${name} ${value}`;
    const before = seen.get(key);
    if (before !== undefined) throw new Fault(`its ${name} stands in line ${before} already`);
    seen.set(key, row.line);
  }
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

// A file of devices, checked line by line: all that is wrong in it is told at once, and nothing of it is used then.
import { EspmintError } from '../errors/index.js';
import { parseMac } from '../mac.js';
import { parsePsk } from '../psk.js';
import { parseUuid } from '../uuid.js';
import { type DeviceField, type DeviceFields, FIELD_WIDTHS, fieldOf } from './fields.js';
import { csvRecords, jsonLineRecords, jsonRecords, type RawRecord } from './records.js';
import { plainCell, type TableFormat } from './write.js';

/** One device of a file. Fields that it leaves empty are absent. */
export interface DeviceLine extends DeviceFields {
  /** Where it begins, from 1. */
  readonly line: number;
}

/** What is wrong with one line. */
export interface LineFault {
  readonly line: number;
  readonly reason: string;
}

/** Lines of a file that one message tells of. */
const FAULTS_TOLD = 10;

const RECORDS: Record<TableFormat, (text: string) => RawRecord[]> = {
  csv: csvRecords,
  json: jsonRecords,
  jsonl: jsonLineRecords,
};

/**
 * @param file how errors name it
 * @throws DEVICES_FILE_INVALID with every line that is wrong; no message repeats a key
 */
export function readDevices(text: string, format: TableFormat, file: string): DeviceLine[] {
  const faults: LineFault[] = [];
  const devices: DeviceLine[] = [];
  for (const record of RECORDS[format](text.replace(/^\uFEFF/, ''))) {
    try {
      devices.push(toDevice(record, format));
    } catch (error) {
      faults.push({ line: record.line, reason: reasonOf(error) });
    }
  }
  faults.push(...twins(devices, 'uuid'), ...twins(devices, 'mac'));
  if (devices.length === 0 && faults.length === 0) faults.push({ line: 1, reason: 'there is no device' });
  if (faults.length > 0) throw fileInvalid(file, faults);
  return devices;
}

/** Names the first lines that are wrong, and says how many more there are. */
export function fileInvalid(file: string, faults: readonly LineFault[]): EspmintError {
  const inOrder = [...faults].sort((a, b) => a.line - b.line);
  const told = inOrder.slice(0, FAULTS_TOLD).map(({ line, reason }) => `${file}:${line}: ${reason}`);
  const more = faults.length - told.length;
  return new EspmintError('DEVICES_FILE_INVALID', {
    faults: told,
    more: more > 0 ? `; and ${more} more lines` : '',
  });
}

class Fault extends Error {}

function reasonOf(error: unknown): string {
  if (error instanceof Fault) return error.message;
  if (error instanceof EspmintError) return error.message.replace(/\.$/, '');
  throw error;
}

function toDevice({ line, columns, fault }: RawRecord, format: TableFormat): DeviceLine {
  if (fault !== undefined) throw new Fault(fault);
  const texts = new Map<DeviceField, string>();
  for (const [name, cell] of columns) {
    const field = fieldOf(name);
    if (field === undefined) throw new Fault(`there is no field "${name.slice(0, 40)}"`);
    if (field === 'skip') continue;
    if (texts.has(field)) throw new Fault(`${field} is there twice`);
    texts.set(field, format === 'csv' ? plainCell(cell) : cell);
  }
  for (const [field, text] of texts) {
    checkText(field, text);
    if (text === '') texts.delete(field);
  }
  const need = (field: DeviceField): string => {
    const text = texts.get(field);
    if (text === undefined) throw new Fault(`there is no ${field}`);
    return text;
  };
  const psk = texts.get('psk');
  const provisionedAt = texts.get('provisionedAt');
  return {
    line,
    ...Object.fromEntries(texts),
    mac: parseMac(need('mac')),
    uuid: parseUuid(need('uuid')),
    psk: psk === undefined ? undefined : parsePsk(psk),
    provisionedAt: provisionedAt === undefined ? undefined : utcTime(provisionedAt),
  };
}

function checkText(field: DeviceField, text: string): void {
  if (text.includes('\0')) throw new Fault(`${field} holds a zero byte`);
  const width = FIELD_WIDTHS[field];
  // PostgreSQL counts code points, as the spread does.
  if (width !== undefined && [...text].length > width) {
    throw new Fault(`${field} is longer than the ${width} characters that the registry holds`);
  }
}

/** A time without a zone is UTC, as in the table `devices`. */
function utcTime(text: string): string {
  const form = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;
  const [, date, time, zone = 'Z'] = form.exec(text) ?? [];
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone;
  const at = new Date(`${date ?? ''}T${time ?? ''}${offset}`);
  if (Number.isNaN(at.getTime())) throw new Fault('provisionedAt is not a time such as 2026-01-31T12:00:00Z');
  return at.toISOString();
}

function twins(devices: readonly DeviceLine[], field: 'uuid' | 'mac'): LineFault[] {
  const lines = new Map<string, number>();
  return devices.flatMap((device) => {
    const before = lines.get(device[field]);
    lines.set(device[field], before ?? device.line);
    return before === undefined
      ? []
      : [{ line: device.line, reason: `the ${field} is the same as in line ${before}` }];
  });
}

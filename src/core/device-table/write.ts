// Devices as CSV, JSON or JSON Lines, one after another, so that any number passes through little memory.
import { quotedCell } from '../text.js';
import { type DeviceField, type DeviceFields, PUBLIC_FIELDS, VALUES_PREFIX } from './fields.js';

export const TABLE_FORMATS = ['csv', 'json', 'jsonl'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** Text that a spreadsheet would run as a formula (OWASP, "CSV Injection"), or that looks as if it were defused. */
const FORMULA = /^'*[=+\-@\t\r]/;

/**
 * The pieces of one file. Other properties of a device than the named fields are left out.
 *
 * @param withKeys whether there is a column for the key
 * @param columns of a list of values, in `values` of each device
 */
export async function* writeDevices(
  devices: AsyncIterable<DeviceFields>,
  format: TableFormat,
  withKeys: boolean,
  columns?: readonly string[],
): AsyncGenerator<string> {
  const fields: readonly DeviceField[] = withKeys ? [...PUBLIC_FIELDS, 'psk'] : PUBLIC_FIELDS;
  const own = columns?.map((column) => `${VALUES_PREFIX}${column}`) ?? [];
  if (format === 'csv') yield `${[...fields, ...own].join(',')}\r\n`;
  if (format === 'json') yield '[';
  let separator = '\n';
  for await (const device of devices) {
    const { values } = device;
    if (format === 'csv') {
      const cells = [
        ...fields.map((field) => csvCell(device[field] ?? '')),
        ...(columns ?? []).map((name) => valueCell(values?.[name] ?? '')),
      ];
      yield `${cells.join(',')}\r\n`;
    } else {
      const known = Object.fromEntries(fields.map((field) => [field, device[field]]));
      const added = (columns ?? []).map((name) => [`${VALUES_PREFIX}${name}`, values?.[name]] as const);
      const object = JSON.stringify({ ...known, ...Object.fromEntries(added) });
      yield format === 'json' ? `${separator}${object}` : `${object}\n`;
      separator = ',\n';
    }
  }
  if (format === 'json') yield '\n]\n';
}

/** What would be run as a formula gets an apostrophe in front. For readers that take it off, or are people. */
export function csvCell(text: string): string {
  return quotedCell(FORMULA.test(text) ? `'${text}` : text);
}

/** A number and bytes in Base64 call nothing, and whoever reads a column of values takes no apostrophe off. */
const HARMLESS = /^(?:-\d+|\+[A-Za-z0-9+/]{15,}={0,2})$/;
const valueCell = (text: string): string => (HARMLESS.test(text) ? text : csvCell(text));

/** Takes the apostrophe of `csvCell` off again. */
export function plainCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}

// Serial numbers from a batch's template: `ZC-{0000}` is ZC-0001, ZC-0002, … and goes on with ZC-10000 after ZC-9999. Each is
// given once, over all batches of that template.
import type pg from 'pg';
import type { BatchRow } from './sql.js';
import { EspmintError } from '../../core/errors/index.js';

/** One of nextSerials; null where the batch has no template. */
export async function nextSerial(client: pg.ClientBase, batch: BatchRow): Promise<string | null> {
  const [serial = null] = await nextSerials(client, batch, 1);
  return serial;
}

/**
 * The counter's row is locked until the end of the transaction: no number is given twice.
 *
 * @returns so many, lowest first; none where the batch has no template
 */
export async function nextSerials(client: pg.ClientBase, batch: BatchRow, count: number): Promise<string[]> {
  const template = batch.serial_template;
  if (template === null || count === 0) return [];
  const serials = await returnedSerials(client, template, count);
  while (serials.length < count) serials.push(...(await countOn(client, template, count - serials.length)));
  return serials;
}

/** The next numbers without those that are taken: a list may hold numbers of the same form. */
async function countOn(client: pg.ClientBase, template: string, count: number): Promise<string[]> {
  const { rows } = await client.query<{ first: string }>(
    `insert into serial_counters (template, next_number) values ($1, 1 + $2::bigint)
     on conflict (template) do update set next_number = serial_counters.next_number + $2::bigint
     returning next_number - $2::bigint as first`,
    [template, count],
  );
  const first = Number(rows[0]?.first);
  const serials = Array.from({ length: count }, (_, index) => formatSerial(template, first + index));
  const { rows: taken } = await client.query<{ serial: string }>(
    `select serial from batch_units where serial = any($1)
     union all select serial from batch_identifiers where serial = any($1)
     union all select serial from reserved_units where serial = any($1)`,
    [serials],
  );
  const isTaken = new Set(taken.map(({ serial }) => serial));
  return serials.filter((serial) => !isTaken.has(serial));
}

/** The lowest serial numbers of a template that were drawn ahead and not used; whoever calls this gives them away. */
async function returnedSerials(client: pg.ClientBase, template: string, count: number): Promise<string[]> {
  const { rows } = await client.query<{ serial: string }>(
    `delete from reserved_units where id in (
       select p.id from reserved_units p join batches b on b.id = p.batch_id
       where p.state = 'returned' and p.serial is not null and b.serial_template = $1
       order by p.serial limit $2 for update of p skip locked)
     returning serial`,
    [template, count],
  );
  return rows.map(({ serial }) => serial).sort();
}

const MAX_CHARS = 32;
const FORM = /^([^{}]*)\{(0+)\}([^{}]*)$/;

/** @throws INPUT_INVALID unless the template is printable ASCII with one run of zeros in braces. */
export function checkSerialTemplate(template: string): void {
  const reason = !FORM.test(template)
    ? 'has no place for the number'
    : !/^[\x20-\x7e]+$/.test(template) || template.length > MAX_CHARS
      ? `is not printable ASCII of at most ${MAX_CHARS} characters`
      : undefined;
  if (reason === undefined) return;
  throw new EspmintError('INPUT_INVALID', {
    field: 'The serial number template',
    reason,
    hint: 'write it like ZC-{0000}: a zero for each digit',
  });
}

/** @param number from 0; one with more digits than zeros is not cut. */
export function formatSerial(template: string, number: number): string {
  return template.replace(FORM, (_, before: string, zeros: string, after: string) => {
    return `${before}${String(number).padStart(zeros.length, '0')}${after}`;
  });
}

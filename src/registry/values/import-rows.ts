// Takes a file of rows into a list: all of it or nothing, in memory that does not grow with the file.
//
// The rows go into a table of this connection by COPY. What must be there once is compared by the database, in the file
// and with the list, and named by its lines.
import { createHmac, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { FAULTS_SHOWN, FaultList } from '../../core/device-table/index.js';
import type { RowFault, ValueColumn, ValueRow } from '../../core/values/rows.js';
import { arrayText, copyRows, NO_CLIENT_LIMIT } from '../store/copy-rows.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import { rowOwner } from './reserved-rows.js';
import type { ImportBy } from './values.js';

/**
 * marks: `column=value` of what the list may have once, and `mac=…` of what names a board or a batch. secret_marks: the
 * same of secret columns, under a key that is forgotten after the import, since no digest of a secret is kept.
 */
const STAGING = `
  create temporary table value_import (
    line INTEGER, number INTEGER, state TEXT, wanted TEXT, open_values JSONB, sealed TEXT, marks TEXT[], secret_marks TEXT[]
  ) on commit drop`;

export interface RowImport extends Pick<ImportBy, 'file' | 'signal'> {
  readonly list: { readonly id: string; readonly name: string };
  readonly columns: readonly ValueColumn[];
  readonly rows: AsyncIterable<ValueRow | RowFault>;
}

/** Runs inside a transaction that holds the list. @returns how many. @throws VALUES_FILE_INVALID, and what `rows` throws */
export async function importRows(client: pg.ClientBase, box: SecretBox, work: RowImport): Promise<number> {
  const { list, columns, file, signal } = work;
  // A million rows take longer than a call may.
  await client.query('set local statement_timeout = 0');
  await client.query(STAGING);
  const { rows: found } = await client.query<{ number: number }>(
    'select coalesce(max(number), 0)::integer as number from value_rows where list_id = $1',
    [list.id],
  );
  const last = found[0]?.number ?? 0;
  const faults = new FaultList(file, 'VALUES_FILE_INVALID');
  const count = { rows: 0, marks: 0 };
  await copyRows(client, 'value_import', stagedRows(work, box, { last, faults, count }), signal);
  const hasSecretMarks = columns.some((column) => column.unique && column.secret);
  const kept = await keepMarks(client, list.id);
  if (kept < count.marks || (hasSecretMarks && (await hasSecretTwice(client))))
    await findTwice(client, list, last, faults);
  faults.throwIfAny();
  await client.query({
    text: `insert into value_rows (list_id, number, state, wanted, open_values, sealed)
           select $1, number, state, wanted, open_values, sealed from value_import`,
    values: [list.id],
    ...NO_CLIENT_LIMIT,
  });
  return count.rows;
}

interface Staging {
  /** Number of the last row that the list has. */
  readonly last: number;
  readonly faults: FaultList;
  /** Of what is staged. */
  readonly count: { rows: number; marks: number };
}

async function* stagedRows(
  { list, columns, rows }: RowImport,
  box: SecretBox,
  { last, faults, count }: Staging,
): AsyncGenerator<readonly (string | undefined)[]> {
  const [secret, open] = [true, false].map((isSecret) => columns.filter((one) => one.secret === isSecret));
  const [uniqueSecret, unique] = [secret, open].map((some = []) => some.filter((column) => column.unique));
  const forgotten = randomBytes(32);
  for await (const row of rows) {
    if ('reason' in row) {
      faults.add(row);
      continue;
    }
    count.rows += 1;
    const number = last + count.rows;
    const { named, values } = row;
    const marks = marksOf(unique, values);
    if (named !== undefined) marks.push(`${named.name}=${named.text}`);
    count.marks += marks.length;
    const secretMarks = marksOf(uniqueSecret, values, (text) =>
      createHmac('sha256', forgotten).update(text).digest('base64'),
    );
    yield [
      String(row.line),
      String(number),
      named?.name === 'batch' ? 'shared' : 'free',
      named && `${named.name} ${named.text}`,
      jsonOf(open, values),
      secret?.length === 0 ? undefined : box.seal(jsonOf(secret, values), rowOwner(list.name, number)),
      arrayText(marks),
      arrayText(secretMarks),
    ];
  }
}

const marksOf = (
  columns: readonly ValueColumn[] = [],
  values: ValueRow['values'],
  cover = (text: string): string => text,
): string[] => columns.map(({ name }) => `${name}=${cover(values[name] ?? '')}`);

const jsonOf = (columns: readonly ValueColumn[] = [], values: ValueRow['values']): string =>
  `{${columns.map(({ name }) => `${JSON.stringify(name)}:${JSON.stringify(values[name] ?? '')}`).join(',')}}`;

/** @returns how many were not there yet */
async function keepMarks(client: pg.ClientBase, listId: string): Promise<number> {
  // In the order of their index, which is otherwise walked through from end to end for each of them.
  const { rowCount } = await client.query({
    text: `insert into value_marks (list_id, mark, number)
           select $1, sha256(convert_to(mark, 'UTF8')) as digest, number
           from value_import, unnest(marks) as mark order by digest
           on conflict do nothing`,
    values: [listId],
    ...NO_CLIENT_LIMIT,
  });
  return rowCount ?? 0;
}

async function hasSecretTwice(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query({
    text: `select from value_import, unnest(secret_marks) as mark group by mark having count(*) > 1 limit 1`,
    ...NO_CLIENT_LIMIT,
  });
  return rows.length > 0;
}

/** What stands in two lines of the file, and what the list has already. */
async function findTwice(
  client: pg.ClientBase,
  list: RowImport['list'],
  last: number,
  faults: FaultList,
): Promise<void> {
  const { rows } = await client.query<{ line: number; column: string; before: number | null; all: number }>({
    text: `with marked as (
             select line, mark, first_value(line) over (partition by mark order by line) as before
             from value_import, unnest(marks || secret_marks) as mark),
           twice as (
             select line, mark, nullif(before, line) as before from marked m
             where before < line or exists (
               select from value_marks k
               where k.list_id = $1 and k.number <= $2 and k.mark = sha256(convert_to(m.mark, 'UTF8'))))
           select line, split_part(mark, '=', 1) as column, before, count(*) over ()::integer as all
           from twice order by line limit ${FAULTS_SHOWN}`,
    values: [list.id, last],
    ...NO_CLIENT_LIMIT,
  });
  for (const { line, column, before } of rows) {
    const where = before === null ? `is in the list "${list.name}"` : `stands in line ${before}`;
    faults.add({ line, reason: `its ${column} ${where} already` });
  }
  faults.addRest((rows[0]?.all ?? 0) - rows.length);
}

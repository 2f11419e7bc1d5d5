// What pushes and exports tell of a board's row in a list of values: all of it but what is secret.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import type { ValueColumn } from '../../core/values/rows.js';
import { macKeyOf } from '../devices/rows.js';

/** Names of its columns. @throws VALUE_LIST_UNKNOWN */
export async function openColumns(
  client: pg.ClientBase,
  list: string,
): Promise<{ readonly open: readonly string[]; readonly secret: readonly string[] }> {
  const {
    rows: [row],
  } = await client.query<{ columns: readonly ValueColumn[] }>(
    'select columns from value_lists where name = $1',
    [list],
  );
  if (row === undefined) throw new EspmintError('VALUE_LIST_UNKNOWN', { list });
  const namesOf = (isSecret: boolean): string[] =>
    row.columns.filter(({ secret }) => secret === isSecret).map(({ name }) => name);
  return { open: namesOf(false), secret: namesOf(true) };
}

/** By the key of its MAC; boards without a row of the list are not in it. */
export async function openValuesOf(
  client: pg.ClientBase,
  list: string,
  macKeys: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const { rows } = await client.query<{ mac_key: string; open_values: Record<string, string> }>(
    `with list as (select id from value_lists where name = $1)
     select s.mac_key, r.open_values from value_shares s join value_rows r on r.list_id = s.list_id and r.number = s.number
     where s.list_id = (select id from list) and s.mac_key = any($2)
     union all
     select mac_key, open_values from value_rows
     where list_id = (select id from list) and mac_key = any($2) and state = 'used'`,
    [list, macKeys.map(macKeyOf)],
  );
  return new Map(rows.map((row) => [row.mac_key, row.open_values]));
}

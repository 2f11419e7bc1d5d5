// Which row of a list a board gets or has: its own, the next free one, the one that names it, or the one of its batch.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import type { ValueColumn } from '../../core/values/rows.js';
import { ROW_IS_FREE } from './reserved-rows.js';
import type { RowClaim, RowState } from './values.js';

export interface ListRow {
  readonly id: string;
  readonly name: string;
  readonly columns: readonly ValueColumn[];
}

/** One row of a list as it stands in the database. */
export interface StoredRow {
  readonly number: number;
  readonly state: RowState;
  readonly wanted: string | null;
  readonly open_values: Readonly<Record<string, string>>;
  readonly sealed: string | null;
  readonly mac_key: string | null;
  readonly reserved_unit_id: string | null;
}

/** The row that a batch has now, noted as this board's. */
export async function shareRow(
  client: pg.ClientBase,
  { id, name }: ListRow,
  macKey: string,
  { batch = '', station }: RowClaim,
): Promise<StoredRow> {
  const {
    rows: [row],
  } = await client.query<StoredRow>(
    `select r.* from value_rows r join value_marks m on m.list_id = r.list_id and m.number = r.number
     where r.list_id = $1 and r.state = 'shared' and m.mark = sha256(convert_to($2, 'UTF8')) for share of r`,
    [id, `batch=${batch}`],
  );
  if (row === undefined)
    throw new EspmintError('VALUE_ROW_MISSING', { list: name, wanted: `batch ${batch}` });
  await client.query(
    `insert into value_shares (list_id, mac_key, number, station) values ($1, $2, $3, $4)
     on conflict (list_id, mac_key) do update
     set number = excluded.number, station = excluded.station, given_at = now()`,
    [id, macKey, row.number, station ?? null],
  );
  return row;
}

/** The shared row that a board was given last, whatever became of the row since. */
export async function readShared(
  client: pg.ClientBase,
  { id }: ListRow,
  macKey: string,
): Promise<StoredRow | undefined> {
  const { rows } = await client.query<StoredRow>(
    `select r.* from value_shares s join value_rows r on r.list_id = s.list_id and r.number = s.number
     where s.list_id = $1 and s.mac_key = $2`,
    [id, macKey],
  );
  return rows[0];
}

/** The row that is this board's alone. */
export async function readHeld(
  client: pg.ClientBase,
  { id }: ListRow,
  macKey: string,
): Promise<StoredRow | undefined> {
  const { rows } = await client.query<StoredRow>(
    `select * from value_rows where list_id = $1 and mac_key = $2 and state = 'used'`,
    [id, macKey],
  );
  return rows[0];
}

/** Of the row of a board; the first free one, or the one that names it. */
export async function takeRow(
  client: pg.ClientBase,
  { id, name }: ListRow,
  macKey: string,
  { match, mac, uuid, serial = '', batch = '', scan, station }: RowClaim,
): Promise<StoredRow> {
  if (match === 'scan' && scan === undefined)
    throw new EspmintError('VALUE_ROW_NOT_SCANNED', { list: name, mac });
  const wanted = match === 'next' ? null : `${match}=${{ mac, uuid, serial, batch, scan }[match]}`;
  const {
    rows: [row],
  } = await client.query<StoredRow>(
    `update value_rows set state = 'used', mac_key = $2, claimed_at = now(), station = $4, reason = null
     where list_id = $1 and number = (
       select number from value_rows
       where list_id = $1 and ${ROW_IS_FREE}
         and case when $3::text is null then wanted is null
             else number = (select m.number from value_marks m
                            where m.list_id = $1 and m.mark = sha256(convert_to($3, 'UTF8'))) end
       order by number limit 1 for update skip locked)
     returning *`,
    [id, macKey, wanted, station ?? null],
  );
  if (row !== undefined) return row;
  if (wanted === null) {
    const { rowCount } = await client.query(
      'select from value_rows where list_id = $1 and reserved_unit_id is not null',
      [id],
    );
    throw new EspmintError('VALUE_ROWS_USED_UP', { list: name, reserved: rowCount ?? 0 });
  }
  throw new EspmintError('VALUE_ROW_MISSING', { list: name, wanted: wanted.replace('=', ' ') });
}

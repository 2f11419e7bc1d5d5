// Rows that go with reserved units: a board that is made while the database is out of reach gets its row from here.
// In SQL, inside the transactions of the units: a row is reserved, used and freed with its unit.
import type pg from 'pg';
import type { ValueColumn, ValuesPlan } from '../../core/values/rows.js';
import type { SecretOwner } from '../store/secrets/secret-box.js';
import type { BatchRow } from '../batches/sql.js';
import type { ClaimedRow, RowState } from './values.js';

/** A row as a station keeps it in its own records. */
export interface ReservedRow extends Pick<ValuesPlan, 'list'> {
  readonly number: number;
  readonly columns: readonly ValueColumn[];
  readonly open: Readonly<Record<string, string>>;
  /** The columns that are secret; see `rowOwner`. */
  readonly sealed?: string | undefined;
  /** All boards of the batch have it: it is nobody's own. */
  readonly isShared: boolean;
}

/** What the sealed part of a row belongs to. */
export const rowOwner = (list: string, number: number): SecretOwner => ({
  uuid: `values ${list}`,
  macKey: String(number),
});

/** Its values, opened. Printing it does not print them. @param open opens a text of this owner */
export function claimedRow(
  { list, number, columns, open, sealed }: Omit<ReservedRow, 'isShared'>,
  box: { open(sealed: string, owner: SecretOwner): string },
): ClaimedRow {
  const secret = sealed === undefined ? {} : (JSON.parse(box.open(sealed, rowOwner(list, number))) as object);
  return Object.defineProperty({ number, columns, stored: { ...open, ...secret } }, 'stored', {
    enumerable: false,
  });
}

/** SQL text: a row that no board has, and no station for one. */
export const ROW_IS_FREE = `(state in ('free', 'returned') and reserved_unit_id is null)`;

const ROW_IS_RESERVED = `state in ('free', 'returned') and reserved_unit_id is not null`;

/** SQL text: the state that people see. */
export const STATE_SHOWN = `case when ${ROW_IS_RESERVED} then 'reserved' else state end`;

/** SQL text: people see this state. The indexes of free and of reserved rows know it so. @param wanted the place of its value */
export function stateIs(state: RowState, wanted: string): string {
  if (state === 'reserved') return `${wanted}::text = 'reserved' and ${ROW_IS_RESERVED}`;
  const isFree = state === 'free' || state === 'returned';
  return `state = ${wanted} ${isFree ? `and ${ROW_IS_FREE}` : ''}`;
}

/** The list that boards of a batch take their rows from; undefined where its profile names none. */
async function planOf({ profile_text: text }: BatchRow): Promise<ValuesPlan | undefined> {
  if (text === null) return undefined;
  // Most commands of the registry read no profile.
  const { parseProfile } = await import('../../core/profile/parse.js');
  return parseProfile(text, 'the profile of the batch').values;
}

/** Rows that boards of this batch may still take, up to a limit; undefined where each unit has its own, or needs none. */
export async function countFreeRows(
  client: pg.ClientBase,
  batch: BatchRow,
  limit: number,
): Promise<number | undefined> {
  const plan = await planOf(batch);
  if (plan?.match !== 'next') return undefined;
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from (
       select from value_rows where list_id = (select id from value_lists where name = $1)
         and ${ROW_IS_FREE} and wanted is null limit $2) as free`,
    [plan.list, limit],
  );
  return rows[0]?.count ?? 0;
}

/**
 * The row for one reserved unit: the next free one, or the one that names its serial number, its UUID or its batch.
 * @returns `used up`: there is none that any board could take; undefined: such a unit has no row ahead
 */
export async function reserveRow(
  client: pg.ClientBase,
  batch: BatchRow,
  unit: { readonly id: string; readonly serial?: string | undefined; readonly uuid?: string | undefined },
): Promise<ReservedRow | 'used up' | undefined> {
  const plan = await planOf(batch);
  const { match, list } = plan ?? {};
  if (list === undefined || match === undefined || match === 'mac' || match === 'scan') return undefined;
  const name = { next: undefined, serial: unit.serial, uuid: unit.uuid, batch: batch.name }[match];
  if (match !== 'next' && name === undefined) return undefined;
  const isShared = match === 'batch';
  const found = `select r.list_id, r.number from value_rows r join value_lists l on l.id = r.list_id
    left join value_marks m on m.list_id = r.list_id and m.number = r.number and m.mark = sha256(convert_to($3, 'UTF8'))
    where l.name = $1 and case when $3::text is null then r.wanted is null else m.number is not null end
      and ${isShared ? `r.state = 'shared'` : ROW_IS_FREE.replaceAll('state', 'r.state')}
    order by r.number limit 1 for ${isShared ? 'share of r' : 'update of r skip locked'}`;
  const { rows } = await client.query<{
    number: number;
    open_values: Readonly<Record<string, string>>;
    sealed: string | null;
    columns: readonly ValueColumn[];
  }>(
    `with found as materialized (${found})
     update value_rows r set reserved_unit_id = case when ${isShared ? 'false' : 'true'} then $2::uuid end
     from found f, value_lists l
     where r.list_id = f.list_id and r.number = f.number and l.id = r.list_id
     returning r.number, r.open_values, r.sealed, l.columns`,
    [list, unit.id, name === undefined ? null : `${match}=${name}`],
  );
  const [row] = rows;
  if (row === undefined) return match === 'next' ? 'used up' : undefined;
  const { number, open_values: open, sealed, columns } = row;
  return { list, number, columns, open, sealed: sealed ?? undefined, isShared };
}

/** No board has taken these units. */
export async function freeRows(client: pg.ClientBase, unitIds: readonly string[]): Promise<void> {
  await client.query(
    'update value_rows set reserved_unit_id = null where reserved_unit_id = any($1::uuid[]) and mac_key is null',
    [unitIds],
  );
}

/**
 * A board was made with the row of its unit, and may hold it. Of two rows that came to one board the later one is its
 * own; the other was on its chip, or may have been, and is given to nobody.
 *
 * @param isLast it has not been made again since
 */
export async function useRow(
  client: pg.ClientBase,
  { list, number, isShared }: ReservedRow,
  use: {
    readonly unitId: string;
    readonly macKey: string;
    readonly station: string;
    readonly at: string;
    readonly isLast: boolean;
  },
): Promise<void> {
  const { unitId, macKey, station, at, isLast } = use;
  if (isShared) {
    await client.query(
      `insert into value_shares (list_id, mac_key, number, station, given_at)
       select id, $2, $3, $4, $5 from value_lists where name = $1
       on conflict (list_id, mac_key) do update
       set number = excluded.number, station = excluded.station, given_at = excluded.given_at
       where value_shares.given_at < excluded.given_at`,
      [list, macKey, number, station, at],
    );
    return;
  }
  const reason = 'the board got another row while the database was out of reach';
  if (isLast) {
    await client.query(
      `update value_rows set state = 'scrapped', reason = $3
       where list_id = (select id from value_lists where name = $1) and mac_key = $2 and state = 'used' and number <> $4`,
      [list, macKey, reason, number],
    );
  }
  await client.query(
    `update value_rows r set state = case when $6 then 'used' else 'scrapped' end, mac_key = $3, station = $4,
       claimed_at = $5, reason = case when $6 then null else $7 end, reserved_unit_id = null
     from value_lists l where l.id = r.list_id and l.name = $1 and r.reserved_unit_id = $2`,
    [list, unitId, macKey, station, at, isLast, reason],
  );
}

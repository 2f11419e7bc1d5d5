// Lists of values in PostgreSQL: imports of any size in one transaction, and claims that give each row once.
import type pg from 'pg';
import { EspmintError, toEspmintError } from '../../core/errors/index.js';
import { ROW_STATES, type RowFault, type ValueColumn, type ValueRow } from '../../core/values/rows.js';
import { eventBy, recordEvent } from '../devices/events.js';
import { macKeyOf } from '../devices/rows.js';
import { type Asker, processUser } from '../process-user.js';
import type { Database } from '../store/database.js';
import { isDown } from '../store/outage.js';
import { macText, readRecords } from '../store/read-records.js';
import type { SecretBox } from '../store/secrets/secret-box.js';
import { type ListRow, readHeld, readShared, shareRow, type StoredRow, takeRow } from './claim-row.js';
import { importRows } from './import-rows.js';
import { claimedRow, STATE_SHOWN, stateIs } from './reserved-rows.js';
import {
  type ClaimedRow,
  type ImportBy,
  type ListedRow,
  type RowClaim,
  type RowState,
  type ValueList,
  type Values,
} from './values.js';

export class PostgresValues implements Values {
  readonly #database: Database;
  readonly #box: SecretBox;

  constructor(database: Database, box: SecretBox) {
    this.#database = database;
    this.#box = box;
  }

  async add(
    list: string,
    columns: readonly ValueColumn[],
    rows: () => AsyncIterable<ValueRow | RowFault>,
    { actor = processUser(), ...by }: ImportBy,
  ): Promise<number> {
    const add = async (client: pg.ClientBase): Promise<number> => {
      const { id } = await this.#listFor(client, list, columns, actor);
      const work = { list: { id, name: list }, columns, rows: rows(), ...by };
      const count = await importRows(client, this.#box, work);
      await recordEvent(client, { kind: 'values imported', actor, detail: { list, rows: count } });
      return count;
    };
    return this.#database.transaction('import', add, { cancel: by.signal });
  }

  async claim(request: RowClaim): Promise<ClaimedRow> {
    const { list: name, mac } = request;
    const given = this.#database.transaction('values', async (client) => {
      const list = await readList(client, name);
      const macKey = macKeyOf(request.mac);
      const row =
        request.match === 'batch'
          ? await shareRow(client, list, macKey, request)
          : ((await readHeld(client, list, macKey)) ?? (await takeRow(client, list, macKey, request)));
      return this.#claimed(list, row);
    });
    return given.catch((error: unknown) => {
      if (!isDown(error)) throw error;
      const reason = toEspmintError(error).problem;
      throw new EspmintError('VALUE_ROW_OUT_OF_REACH', { list: name, mac, reason }, { cause: error });
    });
  }

  async held(name: string, mac: string): Promise<ClaimedRow | undefined> {
    return this.#database.connected('values', async (client) => {
      const list = await readList(client, name);
      const macKey = macKeyOf(mac);
      const row = (await readHeld(client, list, macKey)) ?? (await readShared(client, list, macKey));
      return row && this.#claimed(list, row);
    });
  }

  async columns(name: string): Promise<readonly ValueColumn[]> {
    return this.#database.connected('values', async (client) => (await readList(client, name)).columns);
  }

  async forLabel(
    name: string,
    mac: string,
    columns: readonly string[],
    by: Asker = {},
  ): Promise<Readonly<Record<string, string>> | undefined> {
    return this.#database.transaction('values', async (client) => {
      const list = await readList(client, name);
      const macKey = macKeyOf(mac);
      const row = (await readHeld(client, list, macKey)) ?? (await readShared(client, list, macKey));
      if (row === undefined) return undefined;
      const secret = list.columns.filter((one) => one.secret && columns.includes(one.name));
      if (secret.length > 0) {
        const shown = secret.map((one) => one.name);
        const detail = { list: name, row: row.number, columns: shown, reason: by.reason };
        await recordEvent(client, { kind: 'key revealed', ...eventBy(by), macKey, detail });
      }
      const { stored } = secret.length > 0 ? this.#claimed(list, row) : { stored: row.open_values };
      return Object.fromEntries(columns.map((column) => [column, stored[column] ?? '']));
    });
  }

  async lists(): Promise<readonly ValueList[]> {
    return this.#database.connected('values', async (client) => {
      const rows = await readRecords<ValueList>(
        client,
        `select name, columns, created_at, created_by, (select jsonb_object_agg(state, n) from
           (select ${STATE_SHOWN} as state, count(*) as n from value_rows where list_id = l.id group by 1) c) as counts
         from value_lists l order by name`,
      );
      const none = Object.fromEntries(ROW_STATES.map((state) => [state, 0])) as ValueList['counts'];
      return rows.map((list) => ({ ...list, counts: { ...none, ...list.counts } }));
    });
  }

  async rows(
    name: string,
    { state, after = 0, limit = 100 }: { state?: RowState; after?: number; limit?: number } = {},
  ): Promise<readonly ListedRow[]> {
    return this.#database.connected('values', async (client) => {
      const list = await readList(client, name);
      const rows = await readRecords<ListedRow>(
        client,
        `select number, shown as state, ${macText('mac_key')} as mac, wanted, open_values as values, claimed_at, reason,
           case when shown = 'reserved' then (select station from reserved_units where id = reserved_unit_id) end as reserved_by,
           case when shown = 'shared' or boards > 0 then boards end as boards
         from (select r.*, ${STATE_SHOWN} as shown,
                 (select count(*)::integer from value_shares s where s.list_id = r.list_id and s.number = r.number) as boards
               from value_rows r where list_id = $1 and number > $2 ${state ? `and ${stateIs(state, '$4')}` : ''}
               order by number limit $3) as listed order by number`,
        [list.id, after, limit, ...(state ? [state] : [])],
      );
      // jsonb keeps no order.
      return rows.map((row) => ({
        ...row,
        values: Object.fromEntries(
          list.columns.flatMap(({ name: column }) => {
            const value = row.values[column];
            return value === undefined ? [] : [[column, value]];
          }),
        ),
      }));
    });
  }

  async end(
    name: string,
    number: number,
    state: 'returned' | 'scrapped',
    reason: string,
    actor = processUser(),
  ): Promise<void> {
    if (reason.trim() === '') {
      throw new EspmintError('INPUT_INVALID', {
        field: 'The reason',
        reason: 'is missing',
        hint: 'add --reason "…"',
      });
    }
    await this.#database.transaction('values', async (client) => {
      const list = await readList(client, name);
      const {
        rows: [before],
      } = await client.query<StoredRow>(
        'select * from value_rows where list_id = $1 and number = $2 for update',
        [list.id, number],
      );
      const isNobodys = before !== undefined && before.state !== 'used';
      if (before === undefined || (isNobodys && state === 'returned') || before.state === 'scrapped') {
        throw new EspmintError('INPUT_INVALID', {
          field: `Row ${number} of the list "${name}"`,
          reason:
            before === undefined
              ? 'is not there'
              : `is ${before.reserved_unit_id === null ? before.state : 'reserved by a station'}`,
          hint: `look at its rows with espmint values show "${name}"`,
        });
      }
      await client.query(
        `update value_rows set state = $3, reason = $4,
           mac_key = case when $3 = 'returned' then null else mac_key end
         where list_id = $1 and number = $2`,
        [list.id, number, state, reason],
      );
      // Its board or batch may get another row, which an import brings.
      if (state === 'scrapped' && before.wanted !== null) {
        await client.query(
          `delete from value_marks where list_id = $1 and number = $2
           and mark = sha256(convert_to($3, 'UTF8'))`,
          [list.id, number, markOf(before.wanted)],
        );
      }
      const detail = { list: name, row: number, state, reason };
      const macKey = before.mac_key ?? undefined;
      await recordEvent(client, { kind: 'values row ended', actor, macKey, detail });
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #listFor(
    client: pg.ClientBase,
    name: string,
    columns: readonly ValueColumn[],
    actor: string,
  ): Promise<ListRow> {
    await client.query(
      'insert into value_lists (name, columns, created_by) values ($1, $2, $3) on conflict (name) do nothing',
      [name, JSON.stringify(columns), actor],
    );
    const list = await readList(client, name, 'for update');
    if (shapeOf(list.columns) !== shapeOf(columns))
      throw new EspmintError('VALUE_COLUMNS_DIFFER', { list: name });
    // What the newest profile says of them beside their shape: whether labels may show them, for one.
    await client.query('update value_lists set columns = $2 where id = $1', [
      list.id,
      JSON.stringify(columns),
    ]);
    return { ...list, columns };
  }

  #claimed({ name: list, columns }: ListRow, row: StoredRow): ClaimedRow {
    const { number, open_values: open, sealed } = row;
    return claimedRow({ list, number, columns, open, sealed: sealed ?? undefined }, this.#box);
  }
}

async function readList(client: pg.ClientBase, name: string, lock = ''): Promise<ListRow> {
  const {
    rows: [list],
  } = await client.query<ListRow>(`select * from value_lists where name = $1 ${lock}`, [name]);
  if (list === undefined) throw new EspmintError('VALUE_LIST_UNKNOWN', { list: name });
  return list;
}

const markOf = (wanted: string): string => wanted.replace(' ', '=');

const shapeOf = (columns: readonly ValueColumn[]): string =>
  JSON.stringify(columns.map(({ name, type, secret, file }) => [name, type, secret, file]));

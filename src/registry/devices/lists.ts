// The tables of admission: allow and deny lists, and which devices are tombstones.
import type pg from 'pg';
import { formatListEntry, type ListEntry } from '../../core/list-entry.js';
import type { RegistryFacts } from '../admission/registry-copy.js';
import type { ListName } from '../../core/states.js';
import { checkLists, type ListedEntry } from '../admission/rules.js';
import type { BoardNames } from '../registry.js';
import { readSeal } from '../store/data-keys.js';
import { macKeyOf, macOf, REMOVED } from './rows.js';

interface EntryRow {
  readonly global_uuid: string | null;
  readonly mac_first: string | null;
  readonly mac_last: string | null;
}

/** Columns of an entry, as values of a statement. */
export function columnsOf(
  entry: ListEntry,
): [uuid: string | null, first: string | null, last: string | null] {
  return 'uuid' in entry ? [entry.uuid, null, null] : [null, macKeyOf(entry.first), macKeyOf(entry.last)];
}

export function toEntryText({ global_uuid: uuid, mac_first: first, mac_last: last }: EntryRow): string {
  return formatListEntry(uuid === null ? { first: macOf(first ?? ''), last: macOf(last ?? '') } : { uuid });
}

type ListedRow = EntryRow & { readonly list: ListName; readonly reason: string };

/** One statement, whatever is in the lists. @throws DEVICE_DENIED, DEVICE_NOT_ALLOWED: of the first one it concerns */
export async function checkBoards(client: pg.ClientBase, boards: readonly BoardNames[]): Promise<void> {
  const { rows } = await client.query<
    (ListedRow | { readonly list: null }) & { readonly mac_key: string; readonly restricted: boolean }
  >(
    `select board.mac_key, l.*, exists (select from device_lists where list = 'allow') as restricted
     from unnest($1::text[], $2::text[]) as board (mac_key, uuid) left join lateral (
       select list, reason, global_uuid, mac_first, mac_last from device_lists
       where global_uuid = board.uuid or board.mac_key between mac_first and mac_last
       order by list desc limit 2) l on true`,
    [boards.map(({ mac }) => macKeyOf(mac)), boards.map(({ uuid }) => uuid)],
  );
  for (const board of boards) {
    const own = rows.filter(({ mac_key: macKey }) => macKey === macKeyOf(board.mac));
    const matches = own.flatMap((row) => (row.list === null ? [] : toEntry(row)));
    checkLists(board, matches, own[0]?.restricted ?? false);
  }
}

/** All that a station needs to know to go on without the registry. */
export async function readFacts(client: pg.ClientBase): Promise<RegistryFacts> {
  const { rows } = await client.query<ListedRow>(
    'select list, reason, global_uuid, mac_first, mac_last from device_lists order by id',
  );
  const { rows: removed } = await client.query<{ mac_key: string }>(
    'select mac_key from devices where status = $1 order by id',
    [REMOVED],
  );
  const { registryId = '', masterIds } = await readSeal(client);
  const macs = removed.map(({ mac_key: macKey }) => macOf(macKey));
  return { registryId, masterIds, entries: rows.map(toEntry), removed: macs };
}

function toEntry(row: ListedRow): ListedEntry {
  return { list: row.list, entry: toEntryText(row), reason: row.reason };
}

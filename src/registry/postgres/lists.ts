// Allow and deny lists: what is in them, and whether they let a board in.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { formatListEntry, type ListEntry } from '../../core/list-entry.js';
import { macKeyOf, macOf } from './rows.js';

export type ListName = 'allow' | 'deny';

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

/**
 * A denied board stays out whatever else is allowed; where nothing is allowed by name, every other board is welcome.
 *
 * @throws DEVICE_DENIED, DEVICE_NOT_ALLOWED
 */
export async function checkLists(
  client: pg.ClientBase,
  { mac, uuid }: { readonly mac: string; readonly uuid: string },
): Promise<void> {
  const { rows } = await client.query<EntryRow & { readonly list: ListName; readonly reason: string }>(
    `select list, reason, global_uuid, mac_first, mac_last from device_lists
     where global_uuid = $2 or $1 between mac_first and mac_last order by list desc limit 2`,
    [macKeyOf(mac), uuid],
  );
  const denied = rows.find(({ list }) => list === 'deny');
  if (denied !== undefined) {
    const { reason } = denied;
    throw new EspmintError('DEVICE_DENIED', { mac, uuid, entry: toEntryText(denied), reason });
  }
  if (rows.length > 0) return;
  const { rowCount } = await client.query(`select from device_lists where list = 'allow' limit 1`);
  if (rowCount !== 0) throw new EspmintError('DEVICE_NOT_ALLOWED', { mac, uuid });
}

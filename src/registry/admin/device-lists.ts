// Changing and showing the allow and deny lists.
import { EspmintError } from '../../core/errors/index.js';
import { formatListEntry, type ListEntry } from '../../core/list-entry.js';
import type { ListName } from '../../core/states.js';
import { eventBy, recordEvent, recordEvents } from '../devices/events.js';
import { columnsOf, toEntryText } from '../devices/lists.js';
import { type Asker, processUser } from '../process-user.js';
import type { Database } from '../store/database.js';

/** One entry as it stands in the registry. */
export interface ListedEntry {
  readonly list: ListName;
  /** A MAC, a UUID, or `first..last`. */
  readonly entry: string;
  readonly reason: string;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  readonly createdBy: string;
}

/** Adds all entries, or none; those that are there already stay as they are. Returns how many are new. */
export function addEntries(
  database: Database,
  list: ListName,
  entries: readonly ListEntry[],
  by: Asker & { readonly reason: string },
): Promise<number> {
  const columns = entries.map(columnsOf);
  const column = (index: 0 | 1 | 2): (string | null)[] => columns.map((row) => row[index]);
  return database.transaction('lists', async (client) => {
    const { rows } = await client.query<Parameters<typeof toEntryText>[0]>(
      `insert into device_lists (list, global_uuid, mac_first, mac_last, reason, created_by)
       select $1, entry.*, $5, $6 from unnest($2::text[], $3::text[], $4::text[]) as entry
       on conflict do nothing returning global_uuid, mac_first, mac_last`,
      [list, column(0), column(1), column(2), by.reason, by.actor ?? processUser()],
    );
    const events = rows.map((row) => ({
      kind: 'list entry added' as const,
      ...eventBy(by),
      detail: { list, entry: toEntryText(row), reason: by.reason },
    }));
    if (events.length > 0) await recordEvents(client, events);
    return rows.length;
  });
}

/** Takes one entry off a list. @throws INPUT_INVALID where it is not there */
export async function removeEntry(
  database: Database,
  list: ListName,
  entry: ListEntry,
  by: Asker = {},
): Promise<void> {
  await database.transaction('lists', async (client) => {
    const { rowCount } = await client.query(
      `delete from device_lists where list = $1 and global_uuid is not distinct from $2
         and mac_first is not distinct from $3 and mac_last is not distinct from $4`,
      [list, ...columnsOf(entry)],
    );
    const text = formatListEntry(entry);
    if (rowCount === 0) {
      throw new EspmintError('INPUT_INVALID', {
        field: text,
        reason: `is no entry of the ${list} list`,
        hint: 'name an entry as "espmint lists show" prints it',
      });
    }
    const detail = { list, entry: text, ...(by.reason === undefined ? {} : { reason: by.reason }) };
    await recordEvent(client, { kind: 'list entry removed', ...eventBy(by), detail });
  });
}

/** Both lists, oldest entry first. */
export function readEntries(database: Database): Promise<ListedEntry[]> {
  return database.connected('lists', async (client) => {
    const { rows } = await client.query<
      Parameters<typeof toEntryText>[0] & {
        readonly list: ListName;
        readonly reason: string;
        readonly created_at: Date;
        readonly created_by: string;
      }
    >('select * from device_lists order by list, id');
    return rows.map((row) => ({
      list: row.list,
      entry: toEntryText(row),
      reason: row.reason,
      createdAt: row.created_at.toISOString(),
      createdBy: row.created_by,
    }));
  });
}

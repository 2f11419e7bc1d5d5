// Changing and showing the allow and deny lists.
import { EspmintError } from '../../core/errors/index.js';
import { formatListEntry, type ListEntry } from '../../core/list-entry.js';
import type { RegistryOptions } from '../store/connect.js';
import { recordEvent } from '../devices/events.js';
import type { ListName } from '../admission/rules.js';
import { columnsOf, toEntryText } from '../devices/lists.js';
import { processUser } from '../process-user.js';
import { withSecrets } from './with-secrets.js';

export type { ListName };

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

/** Adds all entries, or none; those that are there already stay as they are. @throws as openRegistry */
export async function addToList(
  options: RegistryOptions,
  list: ListName,
  entries: readonly ListEntry[],
  reason: string,
): Promise<number> {
  return withSecrets(options, ({ database }) =>
    database.transaction('lists', async (client) => {
      let added = 0;
      for (const entry of entries) {
        const { rowCount } = await client.query(
          `insert into device_lists (list, global_uuid, mac_first, mac_last, reason, created_by)
           values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
          [list, ...columnsOf(entry), reason, processUser()],
        );
        if (rowCount === 0) continue;
        added += 1;
        const detail = { list, entry: formatListEntry(entry), reason };
        await recordEvent(client, { kind: 'list entry added', detail });
      }
      return added;
    }),
  );
}

/** Takes one entry off a list. @throws INPUT_INVALID (it is not there), and as openRegistry */
export async function removeFromList(
  options: RegistryOptions,
  list: ListName,
  entry: ListEntry,
): Promise<void> {
  await withSecrets(options, ({ database }) =>
    database.transaction('lists', async (client) => {
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
      await recordEvent(client, { kind: 'list entry removed', detail: { list, entry: text } });
    }),
  );
}

/** Both lists, oldest entry first. @throws as openRegistry */
export async function showLists(options: RegistryOptions): Promise<ListedEntry[]> {
  return withSecrets(options, ({ database }) =>
    database.connected('lists', async (client) => {
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
    }),
  );
}

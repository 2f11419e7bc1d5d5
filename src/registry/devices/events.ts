// Writing to the audit trail.
import type pg from 'pg';
import type { AuditKind } from '../../core/audit-kinds.js';
import { type Asker, originOf, processHost, processUser } from '../process-user.js';

export interface AuditEvent {
  readonly kind: AuditKind;
  /** Who did it; absent: the user of this process. */
  readonly actor?: string | undefined;
  /** From where; absent: this computer. */
  readonly origin?: string | undefined;
  readonly uuid?: string | undefined;
  readonly macKey?: string | undefined;
  /** No secret in it. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Who asked, as columns of an event. */
export function eventBy(by: Asker): Pick<AuditEvent, 'actor' | 'origin'> {
  return { actor: by.actor, origin: originOf(by) };
}

/** Adds a row. */
export async function recordEvent(client: pg.ClientBase, event: AuditEvent): Promise<void> {
  await recordEvents(client, [event]);
}

/** Of what a board has said, too: characters that no database takes are left out. */
const storable = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll(/\0|\p{Surrogate}/gu, '') : value;

/** Adds a row for each, in one statement. */
export async function recordEvents(client: pg.ClientBase, events: readonly AuditEvent[]): Promise<void> {
  await client.query(
    `insert into events (kind, actor, origin, global_uuid, mac_key, detail)
     select kind, coalesce(actor, $2), coalesce(origin, $3), uuid, "macKey", detail
     from json_to_recordset($1::json) as e (
       kind text, actor text, origin text, uuid text, "macKey" text, detail jsonb)`,
    [JSON.stringify(events, storable), processUser(), processHost()],
  );
}

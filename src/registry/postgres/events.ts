// Writing to the audit trail.
import type pg from 'pg';
import { userInfo } from 'node:os';

export interface AuditEvent {
  /** For example `key revealed`. */
  readonly kind: string;
  readonly uuid?: string | undefined;
  readonly macKey?: string | undefined;
  /** No secret in it. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Adds a row in the name of the user of this process. */
export async function recordEvent(client: pg.ClientBase, event: AuditEvent): Promise<void> {
  await recordEvents(client, [event]);
}

/** Adds a row for each, in one statement. */
export async function recordEvents(client: pg.ClientBase, events: readonly AuditEvent[]): Promise<void> {
  await client.query(
    `insert into events (kind, actor, global_uuid, mac_key, detail)
     select kind, $2, uuid, "macKey", detail
     from json_to_recordset($1::json) as e (kind text, uuid text, "macKey" text, detail jsonb)`,
    [JSON.stringify(events), actor()],
  );
}

/** The user of this process, for records. */
export function actor(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

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
  await client.query(
    'insert into events (kind, actor, global_uuid, mac_key, detail) values ($1, $2, $3, $4, $5)',
    [event.kind, actor(), event.uuid ?? null, event.macKey ?? null, event.detail],
  );
}

function actor(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

// How the targets do, in one look.
import type pg from 'pg';
import type { PushKind } from '../../core/push.js';
import type { PushFailure, PushTargetStatus } from './push.js';

interface StatusRow {
  readonly name: string;
  readonly kind: PushKind;
  readonly paused: boolean;
  readonly pending: string;
  readonly dead: string;
  readonly oldest: Date | null;
  readonly delivered_at: Date | null;
  readonly error: PushFailure | null;
  readonly retry_at: Date | null;
}

/** Oldest target first. */
export async function readStatus(client: pg.ClientBase): Promise<PushTargetStatus[]> {
  const { rows } = await client.query<StatusRow>(
    `select t.name, t.kind, t.paused, case when t.retry_at > now() then t.retry_at end as retry_at, open.*,
       (select max(ended_at) from push_deliveries d where d.target_id = t.id and d.state = 'delivered') as delivered_at,
       (select count(*) from push_deliveries d where d.target_id = t.id and d.state = 'dead') as dead,
       (select json_build_object('code', d.error_code, 'message', d.error) from push_deliveries d
        where d.target_id = t.id and d.error is not null
        order by coalesce(d.ended_at, d.due_at) desc limit 1) as error
     from push_targets t,
       lateral (select count(*) as pending, min(d.occurred_at) as oldest
                from push_deliveries d where d.target_id = t.id and d.state = 'pending') as open
     order by t.id`,
  );
  return rows.map((row) => ({
    name: row.name,
    kind: row.kind,
    paused: row.paused,
    pending: Number(row.pending),
    dead: Number(row.dead),
    oldestPending: row.oldest?.toISOString(),
    lastDelivered: row.delivered_at?.toISOString(),
    lastError: row.error ?? undefined,
    retryAt: row.retry_at?.toISOString(),
  }));
}

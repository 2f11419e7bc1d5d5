// How the targets do, in one look.
import type pg from 'pg';
import { readRecords } from '../store/read-records.js';
import type { PushTargetStatus } from './push.js';

/** Oldest target first. */
export function readStatus(client: pg.ClientBase): Promise<PushTargetStatus[]> {
  return readRecords(
    client,
    `select t.name, t.kind, t.paused, case when t.retry_at > now() then t.retry_at end as retry_at, open.*,
       (select max(ended_at) from push_deliveries d where d.target_id = t.id and d.state = 'delivered') as last_delivered,
       (select count(*) from push_deliveries d where d.target_id = t.id and d.state = 'dead') as dead,
       (select json_build_object('code', d.error_code, 'message', d.error) from push_deliveries d
        where d.target_id = t.id and d.error is not null
        order by coalesce(d.ended_at, d.due_at) desc limit 1) as last_error
     from push_targets t,
       lateral (select count(*) as pending, min(d.occurred_at) as oldest_pending
                from push_deliveries d where d.target_id = t.id and d.state = 'pending') as open
     order by t.id`,
  );
}

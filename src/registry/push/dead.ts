// Deliveries that were given up: read, retried or discarded by somebody who has looked at them.
import type pg from 'pg';
import type { AuditKind } from '../../core/audit-kinds.js';
import { EspmintError } from '../../core/errors/index.js';
import { type Asker, originOf, processUser } from '../process-user.js';
import { macText, readRecords } from '../store/read-records.js';
import type { DeadPush } from './push.js';

/** Newest first. */
export function readDead(client: pg.ClientBase, limit: number): Promise<DeadPush[]> {
  return readRecords(
    client,
    `select d.id::text, t.name as target, d.event, ${macText('d.mac_key')} as mac, d.global_uuid as uuid, d.tries,
            d.occurred_at, d.ended_at, d.error_code as code, d.error as message
     from push_deliveries d join push_targets t on t.id = d.target_id
     where d.state = 'dead' order by d.id desc limit $1`,
    [limit],
  );
}

/** What a change does to a delivery, and how the audit trail names it. */
const CHANGES: Readonly<Record<'retry' | 'discard', { readonly sql: string; readonly kind: AuditKind }>> = {
  retry: {
    sql: `update push_deliveries d
      set state = 'pending', due_at = now(), tries = 0, first_try_at = null, ended_at = null`,
    kind: 'dead push retried',
  },
  discard: { sql: 'delete from push_deliveries d', kind: 'dead push discarded' },
};

/** Names are numbers that fit into a BIGINT. */
const ID_FORM = /^[1-9]\d{0,17}$/;

/**
 * All of them, or none. The audit trail of each device says who did it. Runs inside a transaction.
 *
 * @returns how many
 * @throws PUSH_DELIVERY_UNKNOWN
 */
export async function changeDead(
  client: pg.ClientBase,
  change: keyof typeof CHANGES,
  ids: readonly string[] | 'all',
  by: Asker,
): Promise<number> {
  const wanted = ids === 'all' ? null : [...new Set(ids)];
  const nonsense = wanted?.find((id) => !ID_FORM.test(id));
  if (nonsense !== undefined) throw new EspmintError('PUSH_DELIVERY_UNKNOWN', { id: nonsense });
  const { sql, kind } = CHANGES[change];
  const { rows } = await client.query<{ id: string }>(
    `with changed as (
       ${sql} where d.state = 'dead' and ($1::bigint[] is null or d.id = any($1))
       returning d.id, d.target_id, d.message_id, d.event, d.mac_key, d.global_uuid),
     noted as (
       insert into events (kind, actor, origin, global_uuid, mac_key, detail)
       select $2, $3, $4, c.global_uuid, c.mac_key, jsonb_strip_nulls(jsonb_build_object(
         'target', t.name, 'event', c.event, 'message', c.message_id, 'reason', $5::text))
       from changed c join push_targets t on t.id = c.target_id order by c.id)
     select id from changed`,
    [wanted, kind, by.actor ?? processUser(), originOf(by), by.reason ?? null],
  );
  const unknown = wanted?.find((id) => !rows.some((row) => row.id === id));
  if (unknown !== undefined) throw new EspmintError('PUSH_DELIVERY_UNKNOWN', { id: unknown });
  return rows.length;
}

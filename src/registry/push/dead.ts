// Deliveries that were given up: read, retried or discarded by somebody who has looked at them.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import { recordEvent } from '../postgres/events.js';
import { macOf } from '../postgres/rows.js';
import type { DeadPush, PushEvent } from './push.js';

interface DeadRow {
  readonly id: string;
  readonly target: string;
  readonly event: PushEvent;
  readonly mac_key: string;
  readonly global_uuid: string;
  readonly tries: number;
  readonly occurred_at: Date;
  readonly ended_at: Date;
  readonly error_code: string;
  readonly error: string;
}

/** Newest first. */
export async function readDead(client: pg.ClientBase, limit: number): Promise<DeadPush[]> {
  const { rows } = await client.query<DeadRow>(
    `select d.*, t.name as target from push_deliveries d join push_targets t on t.id = d.target_id
     where d.state = 'dead' order by d.id desc limit $1`,
    [limit],
  );
  return rows.map((row) => ({
    id: row.id,
    target: row.target,
    event: row.event,
    mac: macOf(row.mac_key),
    uuid: row.global_uuid,
    tries: row.tries,
    occurredAt: row.occurred_at.toISOString(),
    endedAt: row.ended_at.toISOString(),
    code: row.error_code,
    message: row.error,
  }));
}

const CHANGES = {
  retried: `update push_deliveries
    set state = 'pending', due_at = now(), tries = 0, first_try_at = null, ended_at = null`,
  discarded: 'delete from push_deliveries',
} as const;

/** Names are numbers that fit into a BIGINT. */
const ID_FORM = /^[1-9]\d{0,17}$/;

/** All of them, or none. Runs inside a transaction. @returns how many  @throws PUSH_DELIVERY_UNKNOWN */
export async function changeDead(
  client: pg.ClientBase,
  change: keyof typeof CHANGES,
  ids: readonly string[] | 'all',
): Promise<number> {
  const wanted = ids === 'all' ? null : [...new Set(ids)];
  const nonsense = wanted?.find((id) => !ID_FORM.test(id));
  if (nonsense !== undefined) throw new EspmintError('PUSH_DELIVERY_UNKNOWN', { id: nonsense });
  const { rows } = await client.query<{ id: string }>(
    `${CHANGES[change]} where state = 'dead' and ($1::bigint[] is null or id = any($1)) returning id`,
    [wanted],
  );
  const unknown = wanted?.find((id) => !rows.some((row) => row.id === id));
  if (unknown !== undefined) throw new EspmintError('PUSH_DELIVERY_UNKNOWN', { id: unknown });
  if (rows.length > 0) {
    await recordEvent(client, { kind: `dead pushes ${change}`, detail: { count: rows.length } });
  }
  return rows.length;
}

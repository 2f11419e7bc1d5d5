// The table conflicts: which boards were refused, whom they contradict, and what was decided. Nothing leaves it.
import type pg from 'pg';
import type { Conflict, ConflictCode, ConflictSide, ConflictState } from '../../core/conflict.js';
import { EspmintError } from '../../core/errors/index.js';
import { macText } from '../store/read-records.js';
import { recordEvent } from '../devices/events.js';
import { macKeyOf, macOf } from '../devices/rows.js';
import type { BoardNames, ConflictFilter, DeviceRecord } from '../registry.js';
import type { Contradiction } from './detect.js';

/** Newest conflicts that a list tells of. */
const LISTED = 1000;

/** A row of `conflicts`, with both sides as the registry knows them now. */
export interface ConflictRow {
  readonly id: string;
  readonly code: ConflictCode;
  readonly state: ConflictState;
  readonly device_id: number | null;
  readonly registered: BoardNames;
  readonly mac_key: string;
  readonly global_uuid: string;
  readonly hardware_id: string | null;
  readonly facts: Record<string, string>;
  readonly key_id: string | null;
  readonly times: number;
  readonly seen_by: string;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly reason: string | null;
  /** Of the device that it contradicts; null when its row was deleted. */
  readonly holder: ConflictSide | null;
  /** Of the device that has the refused board's own MAC, where that is another one. */
  readonly own: ConflictSide | null;
}

const JSON_TIME = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/** SQL: one device and its newest attempt as the side of a conflict. */
const side = (condition: string): string => `(
  select json_strip_nulls(json_build_object('mac', ${macText('d.mac_key')}, 'uuid', lower(d.global_uuid),
    'hardwareId', d.hardware_id, 'status', coalesce(d.status, 'provisioned'), 'location', d.location,
    'provisionedAt', to_char(d.provisioned_at, ${JSON_TIME}),
    'lastAttempt', (select json_build_object('startedAt', to_char(a.started_at at time zone 'UTC', ${JSON_TIME}),
                      'outcome', a.outcome, 'stage', a.stage, 'code', a.code)
                    from attempts a where a.device_id = d.id order by a.started_at desc limit 1)))
  from devices d where ${condition} order by d.id desc limit 1)`;

const SELECT = `select c.*, ${side('d.id = c.device_id')} as holder,
    ${side('d.mac_key = c.mac_key and d.id is distinct from c.device_id')} as own
  from conflicts c`;

/** What a refused board was, and where. */
export interface Refusal {
  readonly board: BoardNames;
  /** What else was known of it, by name. */
  readonly facts: Readonly<Record<string, string>>;
  /** Who ran the station. */
  readonly seenBy: string;
  /** Its key, where the board holds it already. */
  readonly keyId?: string | undefined;
}

/**
 * Writes a refusal down and tells what is known of both sides. A board that comes again counts in the same row, and
 * what was decided stays; only one that had replaced the other and contradicts it again waits for somebody anew.
 */
export async function recordConflict(
  client: pg.ClientBase,
  { code, holder }: Contradiction<DeviceRecord>,
  { board, facts, seenBy, keyId }: Refusal,
): Promise<Conflict> {
  const { mac, uuid, hardwareId } = holder;
  const { rows } = await client.query<{ id: string; times: number; state: ConflictState }>(
    `insert into conflicts as known (code, device_id, registered, mac_key, global_uuid, hardware_id, facts, key_id, seen_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (device_id, code, mac_key, global_uuid, (coalesce(hardware_id, ''))) do update set
       registered = excluded.registered, facts = excluded.facts, seen_by = excluded.seen_by, last_seen_at = now(),
       key_id = coalesce(excluded.key_id, known.key_id), times = known.times + 1,
       state = case known.state when 'replaced' then 'open' else known.state end
     returning id, times, state`,
    [
      ...[code, holder.id, { mac, uuid, hardwareId }],
      ...[macKeyOf(board.mac), board.uuid, board.hardwareId ?? null],
      ...[facts, keyId ?? null, seenBy],
    ],
  );
  const id = Number(rows[0]?.id);
  if (rows[0]?.times === 1) {
    const detail = {
      conflict: id,
      code,
      registered: { mac, uuid, hardwareId },
      hardwareId: board.hardwareId,
    };
    const event = { actor: seenBy, uuid: board.uuid, macKey: macKeyOf(board.mac), detail };
    await recordEvent(client, { kind: 'board refused', ...event });
  }
  return toConflict(await needConflict(client, id));
}

/** @throws CONFLICT_UNKNOWN */
export async function needConflict(client: pg.ClientBase, id: number): Promise<ConflictRow> {
  const { rows } = Number.isSafeInteger(id)
    ? await client.query<ConflictRow>(`${SELECT} where c.id = $1`, [id])
    : { rows: [] };
  const [row] = rows;
  if (row === undefined) throw new EspmintError('CONFLICT_UNKNOWN', { id });
  return row;
}

/** Newest first. @throws CONFLICT_UNKNOWN (one that was named) */
export async function listConflicts(
  client: pg.ClientBase,
  { all = false, id }: ConflictFilter,
): Promise<Conflict[]> {
  if (id !== undefined) return [toConflict(await needConflict(client, id))];
  const { rows } = await client.query<ConflictRow>(
    `${SELECT} ${all ? '' : `where c.state = 'open'`} order by c.id desc limit ${LISTED}`,
  );
  return rows.map(toConflict);
}

export async function countOpenConflicts(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer as count from conflicts where state = 'open'`,
  );
  return rows[0]?.count ?? 0;
}

export function toConflict(row: ConflictRow): Conflict {
  const refused = {
    mac: macOf(row.mac_key),
    uuid: row.global_uuid,
    hardwareId: row.hardware_id ?? undefined,
  };
  const { own, decided_at: at, decided_by: by, reason } = row;
  return {
    id: Number(row.id),
    code: row.code,
    state: row.state,
    // What its own device says, under the names that it came with.
    refused: { ...own, ...refused },
    registered: row.holder ?? row.registered,
    times: row.times,
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    seenBy: row.seen_by,
    facts: row.facts,
    ...(at === null || row.state === 'open'
      ? {}
      : { decided: { at: at.toISOString(), by: by ?? '', reason: reason ?? '' } }),
  };
}

// The SQL of batches and the records made of their rows; that of their units is in unit-sql.ts. A transaction that changes who is counted holds the batch's row.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import type { Batch, BatchRequest, NewBatch, Identifier, RuleStop, StationRecord } from './batches.js';
import { LEASE_MS } from './batches.js';
import { UNIT_STATE } from './unit-sql.js';
import { readRecords } from '../store/read-records.js';

export interface BatchRow {
  readonly id: string;
  readonly name: string;
  readonly profile_name: string;
  readonly profile_version: number;
  readonly quantity: number;
  readonly lot: string | null;
  readonly hardware_revision: string | null;
  readonly firmware_version: string | null;
  readonly location: string | null;
  readonly serial_template: string | null;
  readonly state: Batch['state'];
  readonly reason: string;
  readonly stopped: RuleStop | null;
  readonly created_at: Date;
  readonly created_by: string;
  readonly closed_at: Date | null;
  readonly closed_by: string | null;
  readonly profile_text: string | null;
}

export interface IdentifierRow {
  readonly id: string;
  readonly serial: string | null;
  readonly global_uuid: string | null;
  readonly psk_secret: string | null;
}

/** SQL text: a station was heard of within a lease. */
export const SEEN_LATELY = `seen_at > now() - interval '${LEASE_MS} milliseconds'`;
/** SQL text: a row of a list that neither a board nor a place has. */
export const IDENTIFIER_IS_FREE = '(mac_key is null and reserved_unit_id is null)';
/** @param lock holds the row until the end of the transaction. @throws BATCH_UNKNOWN */
export async function readBatch(
  client: pg.ClientBase,
  name: string,
  { lock = false }: { lock?: boolean } = {},
): Promise<BatchRow> {
  const { rows } = await client.query<BatchRow>(
    `select * from batches where name = $1 ${lock ? 'for update' : ''}`,
    [name],
  );
  const [row] = rows;
  if (row === undefined) throw new EspmintError('BATCH_UNKNOWN', { batch: name });
  return row;
}

/** Returns false when there is one of that name. */
export async function insertBatch(client: pg.ClientBase, request: NewBatch, who: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into batches (name, profile_name, profile_version, quantity, lot, hardware_revision, firmware_version,
                          location, serial_template, created_by, profile_text)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (name) do nothing`,
    [
      request.name,
      request.profile.name,
      request.profile.version,
      request.quantity,
      request.lot ?? null,
      request.hardwareRevision ?? null,
      request.firmwareVersion ?? null,
      request.location ?? null,
      request.serialTemplate ?? null,
      who,
      request.profileText ?? null,
    ],
  );
  return rowCount === 1;
}

export async function countBatch(client: pg.ClientBase, { id }: BatchRow): Promise<Batch['counts']> {
  const counts = (await countBatches(client, [id])).get(id);
  if (counts === undefined) throw new EspmintError('INTERNAL', { reason: 'counting gave no row' });
  return counts;
}

/** By the batch's number; one statement. */
async function countBatches(
  client: pg.ClientBase,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Batch['counts']>> {
  const { rows } = await client.query<{ id: string; counts: Batch['counts'] }>(
    `with units as (
       select batch_id as id, count(*) filter (where state = 'passed') as passed,
              count(*) filter (where state = 'passed' and failed_runs > 0) as reworked,
              count(*) filter (where state = 'in work') as in_work, count(*) filter (where state = 'failed') as failed
       from (select batch_id, failed_runs, ${UNIT_STATE} as state from batch_units
             where batch_id = any($1::bigint[])) as unit group by 1),
     reserved as (select batch_id as id, count(*) as held from reserved_units
                  where batch_id = any($1::bigint[]) and state = 'held' group by 1),
     listed as (select batch_id as id, count(*) filter (where ${IDENTIFIER_IS_FREE}) as identifiers_left
                from batch_identifiers where batch_id = any($1::bigint[]) group by 1)
     select b.id, json_strip_nulls(json_build_object(
       'passed', coalesce(passed, 0), 'reworked', coalesce(reworked, 0), 'failed', coalesce(failed, 0),
       'inWork', coalesce(in_work, 0), 'held', coalesce(held, 0),
       'open', greatest(0, quantity - coalesce(passed, 0) - coalesce(in_work, 0) - coalesce(held, 0)),
       'identifiersLeft', identifiers_left)) as counts
     from batches b left join units using (id) left join reserved using (id) left join listed using (id)
     where b.id = any($1::bigint[])`,
    [ids],
  );
  return new Map(rows.map(({ id, counts }) => [id, counts]));
}

export function toOrder(row: BatchRow): BatchRequest {
  return {
    name: row.name,
    profile: { name: row.profile_name, version: row.profile_version },
    quantity: row.quantity,
    lot: row.lot ?? undefined,
    hardwareRevision: row.hardware_revision ?? undefined,
    firmwareVersion: row.firmware_version ?? undefined,
    location: row.location ?? undefined,
    serialTemplate: row.serial_template ?? undefined,
  };
}

export async function toBatch(client: pg.ClientBase, row: BatchRow): Promise<Batch> {
  return recordOf(row, await countBatch(client, row));
}

export async function toBatches(client: pg.ClientBase, rows: readonly BatchRow[]): Promise<Batch[]> {
  const counts = await countBatches(
    client,
    rows.map(({ id }) => id),
  );
  return rows.flatMap((row) => {
    const own = counts.get(row.id);
    return own === undefined ? [] : [recordOf(row, own)];
  });
}

function recordOf(row: BatchRow, counts: Batch['counts']): Batch {
  return {
    ...toOrder(row),
    state: row.state,
    reason: row.reason,
    stopped: row.stopped ?? undefined,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    closedAt: row.closed_at?.toISOString(),
    closedBy: row.closed_by ?? undefined,
    counts,
  };
}

export async function insertIdentifier(
  client: pg.ClientBase,
  batchId: string,
  { serial, uuid }: Identifier,
  sealedPsk: string | undefined,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into batch_identifiers (batch_id, serial, global_uuid, psk_secret)
     select $1, $2::text, $3, $4
     where not exists (select from batch_units where serial = $2::text
                       union all select from reserved_units where serial = $2::text)
     on conflict do nothing`,
    [batchId, serial ?? null, uuid ?? null, sealedPsk ?? null],
  );
  return rowCount === 1;
}

export function readStations(client: pg.ClientBase): Promise<StationRecord[]> {
  // What it said last is not what it does now.
  return readRecords(
    client,
    `select name as station, host, batch, mode, slots, case when ${SEEN_LATELY} then running else 0 end as running,
            seen_at, ${SEEN_LATELY} as alive
     from stations order by name`,
  );
}

/** The batches that these claims are of, locked: batch first, then unit, as every transaction here locks. */
export async function lockBatchesOf(
  client: pg.ClientBase,
  claimIds: readonly string[],
): Promise<readonly BatchRow[]> {
  const { rows } = await client.query<BatchRow>(
    `select * from batches where id in (select batch_id from batch_units where claim_id = any($1::uuid[]))
     order by name collate "C" for update`,
    [claimIds],
  );
  return rows;
}

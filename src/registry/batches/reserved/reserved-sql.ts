// The SQL of reserved units. As everywhere here, who changes what is counted holds the batch's row.
import type pg from 'pg';
import { eventBy, recordEvent } from '../../devices/events.js';
import type { StationReserve, Release } from '../batches.js';
import { countFreeRows, freeRows, reserveRow } from '../../values/reserved-rows.js';
import { readRecords } from '../../store/read-records.js';
import { nextSerial } from '../serials.js';
import { countBatch, IDENTIFIER_IS_FREE, readBatch, SEEN_LATELY, toOrder, type BatchRow } from '../sql.js';
import { fairShare, type ReservedUnit, type Plan, type ReserveWanted } from './reserved-unit.js';

/** What a station is to hold now. Runs inside a transaction. @throws BATCH_UNKNOWN */
export async function planUnits(client: pg.ClientBase, wanted: ReserveWanted): Promise<Plan> {
  return planOf(client, await readBatch(client, wanted.batch), wanted);
}

async function planOf(client: pg.ClientBase, batch: BatchRow, { held, units }: ReserveWanted): Promise<Plan> {
  const { rows } = await client.query<{ id: string }>(
    `select id from reserved_units where id = any($1::uuid[]) and state = 'held'`,
    [held],
  );
  const still = rows.map(({ id }) => id);
  if (batch.state !== 'open') return { held: still, target: 0 };
  const { open } = await countBatch(client, batch);
  const freeRowCount = await countFreeRows(client, batch, MOST_ROWS);
  const left = Math.min(open, freeRowCount ?? open) + still.length;
  return { held: still, target: fairShare(units, left) };
}

/** Nobody holds a quarter of more of them. */
const MOST_ROWS = 100_000;

/**
 * Draws units under these names, fewer where the batch has fewer by now. Runs inside a transaction; where one before it
 * has drawn them unheard, it draws none: its station gives those back that it does not know.
 *
 * @throws BATCH_UNKNOWN
 */
export async function drawUnits(
  client: pg.ClientBase,
  wanted: ReserveWanted,
  ids: readonly string[],
): Promise<ReservedUnit[]> {
  const batch = await readBatch(client, wanted.batch, { lock: true });
  const { rowCount: drawn } = await client.query('select from reserved_units where id = any($1::uuid[])', [
    ids,
  ]);
  if (drawn !== 0) return [];
  const { held, target } = await planOf(client, batch, wanted);
  const units: ReservedUnit[] = [];
  for (const id of ids.slice(0, Math.max(0, target - held.length))) {
    const reserved = await drawOne(client, batch, { id, station: wanted.station });
    if (reserved === undefined) break;
    units.push(reserved);
  }
  return units;
}

async function drawOne(
  client: pg.ClientBase,
  batch: BatchRow,
  { id, station }: { readonly id: string; readonly station: string },
): Promise<ReservedUnit | undefined> {
  const identifier = await drawIdentifier(client, batch, id);
  if (identifier === 'used up') return undefined;
  const listed = identifier?.serial ?? undefined;
  const drawn = listed === undefined ? await nextSerial(client, batch) : null;
  await client.query('insert into reserved_units (id, batch_id, station, serial) values ($1, $2, $3, $4)', [
    id,
    batch.id,
    station,
    drawn,
  ]);
  const identity = {
    serial: listed ?? drawn ?? undefined,
    uuid: identifier?.global_uuid ?? undefined,
    sealedPsk: identifier?.psk_secret ?? undefined,
  };
  const row = await reserveRow(client, batch, { id, ...identity });
  if (row === 'used up') {
    await returnUnits(client, [id]);
    return undefined;
  }
  return {
    id,
    station,
    batch: batch.name,
    batchId: batch.id,
    order: toOrder(batch),
    identity,
    row,
  };
}

interface DrawnIdentifier {
  readonly serial: string | null;
  readonly global_uuid: string | null;
  readonly psk_secret: string | null;
}

/** The next free row of the list; undefined for a batch without one. */
async function drawIdentifier(
  client: pg.ClientBase,
  batch: BatchRow,
  reservedId: string,
): Promise<DrawnIdentifier | 'used up' | undefined> {
  const { rows } = await client.query<DrawnIdentifier>(
    `update batch_identifiers set reserved_unit_id = $2
     where id = (select id from batch_identifiers where batch_id = $1 and ${IDENTIFIER_IS_FREE} order by id limit 1)
     returning serial, global_uuid, psk_secret`,
    [batch.id, reservedId],
  );
  if (rows[0] !== undefined) return rows[0];
  const { rowCount } = await client.query('select from batch_identifiers where batch_id = $1 limit 1', [
    batch.id,
  ]);
  return rowCount === 0 ? undefined : 'used up';
}

/** Units that no board has used; also those that a person has released. Runs inside a transaction. */
export async function returnUnits(client: pg.ClientBase, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const { rows } = await client.query<{ id: string }>(
    `update reserved_units set state = 'returned', ended_at = now()
     where id = any($1::uuid[]) and state in ('held', 'released') returning id`,
    [ids],
  );
  const returned = rows.map(({ id }) => id);
  await freeIdentifiers(client, returned);
  await freeRows(client, returned);
  // Only its serial number is worth keeping.
  await client.query(`delete from reserved_units where id = any($1::uuid[]) and serial is null`, [returned]);
}

export async function freeIdentifiers(client: pg.ClientBase, placeIds: readonly string[]): Promise<void> {
  await client.query(
    'update batch_identifiers set reserved_unit_id = null where reserved_unit_id = any($1::uuid[]) and mac_key is null',
    [placeIds],
  );
}

export function readReservedUnits(client: pg.ClientBase, batchId: string): Promise<StationReserve[]> {
  return readRecords(
    client,
    `select p.station, count(*)::int as units, min(p.held_at) as since,
            coalesce(bool_or(s.${SEEN_LATELY}), false) as in_reach
     from reserved_units p left join stations s on s.name = p.station
     where p.batch_id = $1 and p.state = 'held' group by p.station order by p.station`,
    [batchId],
  );
}

/** Runs inside a transaction; see Batches.releaseUnits. */
export async function releaseUnits(
  client: pg.ClientBase,
  { batch: name, station }: { readonly batch: string; readonly station: string },
  { reason, who, address }: Release,
): Promise<number> {
  const batch = await readBatch(client, name, { lock: true });
  const { rowCount } = await client.query(
    `update reserved_units set state = 'released', ended_at = now()
     where batch_id = $1 and station = $2 and state = 'held'`,
    [batch.id, station],
  );
  const units = rowCount ?? 0;
  if (units > 0) {
    const detail = { batch: name, station, units, reason };
    await recordEvent(client, { kind: 'batch units released', ...eventBy({ actor: who, address }), detail });
  }
  return units;
}

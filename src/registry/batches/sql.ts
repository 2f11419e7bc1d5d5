// The SQL of batches and the records made of its rows. A transaction that changes who is counted holds the batch's row.
import type pg from 'pg';
import { EspmintError } from '../../core/errors/index.js';
import type { Batch, BatchRequest, Identifier, StationRecord, Unit, UnitImage } from './batches.js';
import { LEASE_MS } from './batches.js';

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
  readonly created_at: Date;
  readonly created_by: string;
  readonly closed_at: Date | null;
  readonly closed_by: string | null;
}

interface CountRow {
  readonly passed: number;
  readonly reworked: number;
  readonly failed: number;
  readonly in_work: number;
  readonly held: number;
  readonly identifiers: number;
  readonly identifiers_left: number;
}

export interface UnitRow {
  readonly mac_key: string;
  readonly passed: boolean;
  readonly failed_runs: number;
  readonly live: boolean;
  readonly station: string;
  readonly serial: string | null;
  readonly global_uuid: string | null;
  readonly chip: string | null;
  readonly image_offset: string | null;
  readonly image_size: string | null;
  readonly image_md5: string | null;
  readonly image_sha256: string | null;
  readonly passed_at: Date | null;
}

export interface IdentifierRow {
  readonly id: string;
  readonly serial: string | null;
  readonly global_uuid: string | null;
  readonly psk_secret: string | null;
}

/** SQL text: until when a lease given now lasts. */
const LEASE_END = `now() + interval '${LEASE_MS} milliseconds'`;
/** SQL text: a station was heard of within a lease. */
export const SEEN_LATELY = `seen_at > now() - interval '${LEASE_MS} milliseconds'`;
/** SQL text: a row of a list that neither a board nor a place has. */
export const IDENTIFIER_IS_FREE = '(mac_key is null and place_id is null)';
const UNIT_COLUMNS = `mac_key, passed, failed_runs, coalesce(lease_until > now(), false) as live, station, serial,
  global_uuid, chip, image_offset, image_size, image_md5, image_sha256, passed_at`;

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
export async function insertBatch(
  client: pg.ClientBase,
  request: BatchRequest,
  who: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into batches (name, profile_name, profile_version, quantity, lot, hardware_revision, firmware_version,
                          location, serial_template, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (name) do nothing`,
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
    ],
  );
  return rowCount === 1;
}

export async function countBatch(
  client: pg.ClientBase,
  { id, quantity }: BatchRow,
): Promise<Batch['counts']> {
  const { rows } = await client.query<CountRow>(
    `select count(*) filter (where passed)::int as passed,
            count(*) filter (where passed and failed_runs > 0)::int as reworked,
            count(*) filter (where not passed and lease_until > now())::int as in_work,
            count(*) filter (where not passed and coalesce(lease_until <= now(), true) and failed_runs > 0)::int
              as failed,
            (select count(*) from batch_places where batch_id = $1 and state = 'held')::int as held,
            (select count(*) from batch_identifiers where batch_id = $1)::int as identifiers,
            (select count(*) from batch_identifiers where batch_id = $1 and ${IDENTIFIER_IS_FREE})::int
              as identifiers_left
     from batch_units where batch_id = $1`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new EspmintError('INTERNAL', { reason: 'counting gave no row' });
  const { passed, reworked, failed, in_work: inWork, held } = row;
  const open = Math.max(0, quantity - passed - inWork - held);
  const list = row.identifiers > 0 ? { identifiersLeft: row.identifiers_left } : {};
  return { passed, reworked, failed, inWork, held, open, ...list };
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
  return {
    ...toOrder(row),
    state: row.state,
    reason: row.reason,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    closedAt: row.closed_at?.toISOString(),
    closedBy: row.closed_by ?? undefined,
    counts: await countBatch(client, row),
  };
}

export async function readUnit(
  client: pg.ClientBase,
  batchId: string,
  macKey: string,
): Promise<UnitRow | undefined> {
  return (await readUnitsOf(client, batchId, [macKey])).get(macKey);
}

/** Those that are units of the batch, by MAC key. */
export async function readUnitsOf(
  client: pg.ClientBase,
  batchId: string,
  macKeys: readonly string[],
): Promise<ReadonlyMap<string, UnitRow>> {
  const { rows } = await client.query<UnitRow>(
    `select ${UNIT_COLUMNS} from batch_units where batch_id = $1 and mac_key = any($2)`,
    [batchId, macKeys],
  );
  return new Map(rows.map((row) => [row.mac_key, row]));
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

/** The units that have these claims, locked, by claim. */
export async function lockUnits(
  client: pg.ClientBase,
  claimIds: readonly string[],
): Promise<ReadonlyMap<string, UnitRow & { readonly batch_id: string }>> {
  const { rows } = await client.query<UnitRow & { readonly batch_id: string; readonly claim_id: string }>(
    `select batch_id, claim_id, ${UNIT_COLUMNS} from batch_units where claim_id = any($1::uuid[])
     order by claim_id for update`,
    [claimIds],
  );
  return new Map(rows.map((row) => [row.claim_id, row]));
}

export async function readUnits(client: pg.ClientBase, batchId: string): Promise<Unit[]> {
  const { rows } = await client.query<UnitRow>(
    `select ${UNIT_COLUMNS} from batch_units where batch_id = $1 order by claimed_at, mac_key`,
    [batchId],
  );
  return rows.map((row) => ({
    mac: row.mac_key.match(/../g)?.join(':') ?? row.mac_key,
    uuid: row.global_uuid ?? undefined,
    serial: row.serial ?? undefined,
    chip: row.chip ?? undefined,
    state: row.passed ? 'passed' : row.live ? 'in work' : row.failed_runs > 0 ? 'failed' : 'abandoned',
    failedRuns: row.failed_runs,
    station: row.station,
    imageSha256: row.passed ? (row.image_sha256 ?? undefined) : undefined,
    passedAt: row.passed ? row.passed_at?.toISOString() : undefined,
  }));
}

export interface PlaceRow {
  readonly macKey: string;
  readonly claimId: string;
  readonly station: string;
  readonly serial: string | null;
}

/** The claims of these units are these from now on. A serial number that a unit has is kept. */
export async function writeClaims(
  client: pg.ClientBase,
  batchId: string,
  places: readonly PlaceRow[],
): Promise<void> {
  await client.query(
    `insert into batch_units (batch_id, mac_key, claim_id, station, serial, lease_until)
     select $1, "macKey", "claimId", station, serial, ${LEASE_END}
     from json_to_recordset($2::json) as place ("macKey" text, "claimId" uuid, station text, serial text)
     on conflict (batch_id, mac_key) do update
       set claim_id = excluded.claim_id, station = excluded.station, lease_until = excluded.lease_until`,
    [batchId, JSON.stringify(places)],
  );
}

export async function writePasses(
  client: pg.ClientBase,
  passes: readonly {
    readonly claimId: string;
    readonly unit: { readonly uuid: string; readonly chip: string; readonly image: UnitImage };
  }[],
): Promise<void> {
  const rows = passes.map(({ claimId, unit: { image, ...unit } }) => ({ claimId, ...unit, ...image }));
  await client.query(
    `update batch_units unit set passed = true, lease_until = null, passed_at = coalesce(passed_at, now()),
       global_uuid = good.uuid, chip = good.chip, image_offset = good."offsetBytes", image_size = good."sizeBytes",
       image_md5 = good.md5, image_sha256 = good.sha256
     from json_to_recordset($1::json) as good (
       "claimId" uuid, uuid text, chip text, "offsetBytes" bigint, "sizeBytes" bigint, md5 text, sha256 text)
     where unit.claim_id = good."claimId"`,
    [JSON.stringify(rows)],
  );
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
                       union all select from batch_places where serial = $2::text)
     on conflict do nothing`,
    [batchId, serial ?? null, uuid ?? null, sealedPsk ?? null],
  );
  return rowCount === 1;
}

export async function readStations(client: pg.ClientBase): Promise<StationRecord[]> {
  const { rows } = await client.query<{
    name: string;
    host: string;
    batch: string | null;
    mode: string;
    slots: number;
    running: number;
    seen_at: Date;
    alive: boolean;
  }>(`select *, ${SEEN_LATELY} as alive from stations order by name`);
  return rows.map(({ name, batch, seen_at: seenAt, ...rest }) => ({
    ...rest,
    station: name,
    batch: batch ?? undefined,
    seenAt: seenAt.toISOString(),
  }));
}

export async function renewLeases(client: pg.ClientBase, claims: readonly string[]): Promise<void> {
  if (claims.length === 0) return;
  // One that had expired is not revived: its place may have been given away.
  await client.query(
    `update batch_units set lease_until = ${LEASE_END} where claim_id = any($1::uuid[]) and lease_until > now()`,
    [claims],
  );
}

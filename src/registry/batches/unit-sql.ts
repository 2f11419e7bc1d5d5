// The SQL of a batch's units: the boards that have, or had, a place in it.
import type pg from 'pg';
import type { FlashImage } from '../../core/flash-image.js';
import { IMAGE_JSON } from '../devices/rows.js';
import { macText, readRecords } from '../store/read-records.js';
import type { Unit } from './batches.js';
import { LEASE_MS } from './batches.js';

export interface UnitRow {
  readonly mac_key: string;
  readonly state: Unit['state'];
  readonly serial: string | null;
  readonly image: FlashImage | null;
  readonly passed_at: Date | null;
}

/** SQL text: until when a lease given now lasts. */
const LEASE_END = `now() + interval '${LEASE_MS} milliseconds'`;
/** SQL text: what a unit is to its batch. */
export const UNIT_STATE = `case when passed then 'passed' when lease_until > now() then 'in work'
  when failed_runs > 0 then 'failed' else 'abandoned' end`;
const UNIT_COLUMNS = `mac_key, ${UNIT_STATE} as state, serial, ${IMAGE_JSON} as image, passed_at`;

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

export function readUnits(client: pg.ClientBase, batchId: string): Promise<Unit[]> {
  return readRecords(
    client,
    `select ${macText('mac_key')} as mac, global_uuid as uuid, serial, chip, ${UNIT_STATE} as state, failed_runs, station,
            case when passed then ${IMAGE_JSON} end as image, case when passed then passed_at end as passed_at
     from batch_units where batch_id = $1 order by claimed_at, mac_key`,
    [batchId],
  );
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
    readonly unit: { readonly uuid: string; readonly chip: string; readonly image: FlashImage };
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

export async function renewLeases(client: pg.ClientBase, claims: readonly string[]): Promise<void> {
  if (claims.length === 0) return;
  // One that had expired is not revived: its place may have been given away.
  await client.query(
    `update batch_units set lease_until = ${LEASE_END} where claim_id = any($1::uuid[]) and lease_until > now()`,
    [claims],
  );
}

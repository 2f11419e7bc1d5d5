// A board that was made out of reach becomes a unit of its batch: counted once, whatever has happened meanwhile.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { recordEvent } from '../../devices/events.js';
import { macKeyOf } from '../../devices/rows.js';
import { countBatch, readBatch, type BatchRow } from '../sql.js';
import { readUnit, type UnitRow } from '../unit-sql.js';
import { freeRows, useRow } from '../../values/reserved-rows.js';
import { freeIdentifiers } from './reserved-sql.js';
import type { UnitOutcome, ProvenUnit, RESERVED_UNIT_STATES, Settlement } from './reserved-unit.js';

interface PlaceRow {
  readonly state: (typeof RESERVED_UNIT_STATES)[number];
  readonly outcome: UnitOutcome | null;
  readonly ended_at: Date | null;
}

/**
 * Runs inside a transaction; the second time it changes nothing.
 *
 * @param mustBeKnown a pass counts only where the registry has that device
 * @throws BATCH_UNKNOWN
 */
export async function settleUnit(
  client: pg.ClientBase,
  settlement: Settlement,
  mustBeKnown: boolean,
): Promise<UnitOutcome> {
  const batch = await readBatch(client, settlement.batch, { lock: true });
  const reserved = await readPlace(client, settlement.reservedId);
  const synced = reserved?.state === 'used' ? reserved.ended_at : null;
  const syncedOutcome = reserved?.outcome ?? undefined;
  if (syncedOutcome !== undefined && synced !== null && synced >= new Date(settlement.end.at))
    return syncedOutcome;
  const macKey = macKeyOf(settlement.mac);
  const unit = await readUnit(client, batch.id, macKey);
  const isGood = !mustBeKnown || (await isKnown(client, settlement.end.unit, macKey));
  const proven = isGood ? settlement.end.unit : undefined;
  // A released place, or one that a board has used up, is no place any more.
  const hasPlace = reserved?.state === 'held' || unit?.state === 'in work';
  const at = new Date(settlement.end.at);
  const hasFailedSince = await failedSince(client, batch, macKey, at);
  const isStranger = settlement.end.unit !== undefined && proven === undefined;
  const outcome = await decide(client, { batch, unit, proven, isStranger, hasPlace, hasFailedSince, at });
  const row: UnitChange = { batch, macKey, settlement };
  if (outcome !== 'superseded')
    await writeUnit(client, row, outcome === 'lost' || outcome === 'not good' ? undefined : proven);
  const noted = outcome === 'superseded' ? 'counted before' : outcome;
  await closePlace(client, row, noted);
  await settleRow(client, row, outcome !== 'superseded');
  if (noted === 'lost') await noteLost(client, row);
  return noted;
}

async function readPlace(client: pg.ClientBase, reservedId: string): Promise<PlaceRow | undefined> {
  const { rows } = await client.query<PlaceRow>(
    'select state, outcome, ended_at from reserved_units where id = $1 for update',
    [reservedId],
  );
  return rows[0];
}

/** A device that contradicts the registry waits there for a person: it is no unit. */
async function isKnown(
  client: pg.ClientBase,
  unit: ProvenUnit | undefined,
  macKey: string,
): Promise<boolean> {
  if (unit === undefined) return false;
  const { rows } = await client.query<{ mac_address: string }>(
    `select mac_address from devices where global_uuid = $1 and status not in ('pending', 'removed')`,
    [unit.uuid],
  );
  return rows.some(({ mac_address: mac }) => macKeyOf(mac) === macKey);
}

/** A later run of the board, at whatever station, has shown that it is not good. */
async function failedSince(
  client: pg.ClientBase,
  { id }: BatchRow,
  macKey: string,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from station_runs where batch_id = $1 and ended_at > $3 and mac_key = $2 and not passed limit 1`,
    [id, macKey, at],
  );
  return rowCount !== 0;
}

interface Case {
  readonly batch: BatchRow;
  readonly unit: UnitRow | undefined;
  readonly proven: ProvenUnit | undefined;
  /** It passed out of reach, and contradicts the registry. */
  readonly isStranger: boolean;
  readonly hasPlace: boolean;
  readonly hasFailedSince: boolean;
  readonly at: Date;
}

async function decide(
  client: pg.ClientBase,
  { batch, unit, proven, isStranger, hasPlace, hasFailedSince, at }: Case,
): Promise<UnitOutcome | 'superseded'> {
  // It was made again elsewhere since: that is what it is now.
  if (unit?.state === 'passed' && unit.passed_at !== null && unit.passed_at > at) return 'superseded';
  // The unit of that MAC is another board.
  if (isStranger && unit?.state === 'passed') return 'superseded';
  if (proven === undefined || hasFailedSince) return 'not good';
  if (unit?.state === 'passed') return 'counted before';
  if (hasPlace || (await countBatch(client, batch)).open > 0) return 'counted';
  return 'lost';
}

interface UnitChange {
  readonly batch: BatchRow;
  readonly macKey: string;
  readonly settlement: Settlement;
}

/** A run that goes on elsewhere keeps its claim and its lease, and settles it later than this. */
async function writeUnit(
  client: pg.ClientBase,
  { batch, macKey, settlement }: UnitChange,
  proven: ProvenUnit | undefined,
): Promise<void> {
  const { reservedId, station, identity, end } = settlement;
  const { offsetBytes, sizeBytes, md5, sha256 } = proven?.image ?? {};
  await client.query(
    `insert into batch_units as u (batch_id, mac_key, claim_id, station, serial, passed, passed_at, global_uuid, chip,
       image_offset, image_size, image_md5, image_sha256, claimed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (batch_id, mac_key) do update
       set serial = coalesce(excluded.serial, u.serial), passed = excluded.passed, station = excluded.station,
         passed_at = coalesce(excluded.passed_at, u.passed_at), global_uuid = coalesce(excluded.global_uuid, u.global_uuid),
         chip = coalesce(excluded.chip, u.chip), image_offset = coalesce(excluded.image_offset, u.image_offset),
         image_size = coalesce(excluded.image_size, u.image_size), image_md5 = coalesce(excluded.image_md5, u.image_md5),
         image_sha256 = coalesce(excluded.image_sha256, u.image_sha256)`,
    [
      batch.id,
      macKey,
      reservedId,
      station,
      identity.serial ?? null,
      proven !== undefined,
      proven === undefined ? null : end.at,
      proven?.uuid ?? null,
      proven?.chip ?? null,
      offsetBytes ?? null,
      sizeBytes ?? null,
      md5 ?? null,
      sha256 ?? null,
      end.at,
    ],
  );
}

/** Its serial number and its row of the list belong to the board now, or are free where the board has its own. */
async function closePlace(
  client: pg.ClientBase,
  { macKey, settlement: { reservedId, isOwnIdentity, end } }: UnitChange,
  outcome: UnitOutcome,
): Promise<void> {
  const { rows } = await client.query<{ batch_id: string; station: string; unused: string | null }>(
    `update reserved_units new set state = 'used', mac_key = $2, outcome = $3, ended_at = $4,
       serial = case when $5 then null else old.serial end
     from reserved_units old where new.id = $1 and old.id = new.id
     returning new.batch_id, new.station, case when $5 then old.serial end as unused`,
    [reservedId, macKey, outcome, end.at, isOwnIdentity],
  );
  const [row] = rows;
  if (!isOwnIdentity) {
    // One row of a list for each board: a further one that was on its chip is spent, and stays with the reserved unit.
    await client.query(
      `update batch_identifiers i set mac_key = $2, claimed_at = now() where reserved_unit_id = $1 and not exists
         (select from batch_identifiers other where other.batch_id = i.batch_id and other.mac_key = $2)`,
      [reservedId, macKey],
    );
    return;
  }
  await freeIdentifiers(client, [reservedId]);
  const unused = row?.unused ?? undefined;
  if (row === undefined || unused === undefined) return;
  await client.query(
    `insert into reserved_units (id, batch_id, station, state, serial, ended_at)
     values ($1, $2, $3, 'returned', $4, now())`,
    [randomUUID(), row.batch_id, row.station, unused],
  );
}

/** A board that kept the identity that it had has not taken the row of the unit, unless its whole batch has it. */
async function settleRow(
  client: pg.ClientBase,
  { macKey, settlement: { reservedId, station, isOwnIdentity, end, row } }: UnitChange,
  isLast: boolean,
): Promise<void> {
  if (row === undefined || (isOwnIdentity && !row.isShared)) return freeRows(client, [reservedId]);
  await useRow(client, row, { unitId: reservedId, macKey, station, at: end.at, isLast });
}

async function noteLost(client: pg.ClientBase, { batch, macKey, settlement }: UnitChange): Promise<void> {
  const { station, end } = settlement;
  await recordEvent(client, {
    kind: 'batch unit lost',
    uuid: end.unit?.uuid,
    macKey,
    detail: { batch: batch.name, station, madeAt: end.at },
  });
}

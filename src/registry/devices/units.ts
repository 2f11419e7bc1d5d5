// The units that a device is in batches, and devices by their units: by serial number, batch and lot.
import type pg from 'pg';
import type { DeviceFilter, DeviceUnit } from '../registry.js';
import { readRecords } from '../store/read-records.js';
import type { Parameter } from './text-condition.js';

/** What units a search means; undefined where it means none. */
export type UnitMatch =
  | { readonly macKeys: readonly string[] }
  /** Too many for a list: batches as a whole, and serial numbers with this pattern. */
  | { readonly batchIds: readonly string[]; readonly serialPattern: string };

/** More units than this are not looked up one by one. */
const FEW = 1000;
/** Fewer characters are in nearly every serial number. */
const SERIAL_FROM_CHARS = 3;

/** Those that passed first, then the newest. */
export function readUnitsOfDevice(client: pg.ClientBase, macKey: string): Promise<DeviceUnit[]> {
  return readRecords(
    client,
    `select name as batch, lot, serial, chip, passed, claimed_at, case when passed then passed_at end as passed_at
     from batch_units join batches on batches.id = batch_id
     where mac_key = $1 order by passed desc, coalesce(batch_units.passed_at, claimed_at) desc`,
    [macKey],
  );
}

/** The unit that each of these devices is: the newest that passed, else the newest; by MAC key. */
export async function unitsOfDevices(
  client: pg.ClientBase,
  macKeys: readonly string[],
): Promise<ReadonlyMap<string, Pick<DeviceUnit, 'serial' | 'batch' | 'lot'>>> {
  type Unit = Pick<DeviceUnit, 'serial' | 'batch' | 'lot'>;
  const rows = await readRecords<Unit & { readonly macKey: string }>(
    client,
    `select distinct on (mac_key) mac_key, name as batch, lot, serial
     from batch_units join batches on batches.id = batch_id where mac_key = any($1)
     order by mac_key, passed desc, coalesce(passed_at, claimed_at) desc`,
    [macKeys],
  );
  return new Map(rows.map(({ macKey, ...unit }) => [macKey, unit]));
}

/** MAC keys by serial number. */
export async function macsOfSerials(
  client: pg.ClientBase,
  serials: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ serial: string; mac_key: string }>(
    'select serial, mac_key from batch_units where serial = any($1)',
    [serials],
  );
  return new Map(rows.map(({ serial, mac_key }) => [serial, mac_key]));
}

/** Units with the text in their serial number, or of a batch that has it as its whole name or lot. */
export async function matchUnits(client: pg.ClientBase, search: string): Promise<UnitMatch | undefined> {
  const text = search.trim();
  if ([...text].length < SERIAL_FROM_CHARS) return undefined;
  const { rows: batches } = await client.query<{ id: string }>(
    'select id from batches where lower(name) = lower($1) or lower(lot) = lower($1)',
    [text],
  );
  const batchIds = batches.map(({ id }) => id);
  const serialPattern = `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const { rows: units } = await client.query<{ mac_key: string }>(
    `(select mac_key from batch_units where serial ilike $1 limit ${FEW + 1})
     union (select mac_key from batch_units where batch_id = any($2::bigint[]) limit ${FEW + 1})`,
    [serialPattern, batchIds],
  );
  if (units.length === 0) return undefined;
  if (units.length > FEW) return { batchIds, serialPattern };
  return { macKeys: units.map(({ mac_key }) => mac_key) };
}

/** Whether the device `d` has such a unit. */
export function unitCondition(match: UnitMatch, parameter: Parameter): string {
  if ('macKeys' in match) return `d.mac_key = any(${parameter(match.macKeys)}::text[])`;
  return `exists (select from batch_units where batch_units.mac_key = d.mac_key and ${manyUnits(match, parameter)})`;
}

/** The ids of the devices that have such units, as a query. */
export function unitDevices(match: UnitMatch, parameter: Parameter): string {
  const units =
    'macKeys' in match
      ? `any(${parameter(match.macKeys)}::text[])`
      : `any(array(select mac_key from batch_units where ${manyUnits(match, parameter)}))`;
  return `select id from devices where mac_key = ${units}`;
}

/** For a list of one lot or one serial number. */
export function unitFilters(
  { lot, serial, match }: Pick<DeviceFilter, 'lot' | 'serial'> & { readonly match?: unknown },
  parameter: Parameter,
): string[] {
  return [
    ...(serial === undefined
      ? []
      : [`d.mac_key = (select mac_key from batch_units where serial = ${parameter(serial)})`]),
    ...(lot === undefined
      ? []
      : [
          match === undefined
            ? `d.mac_key = any(array(${ofLot(lot)}))`
            : // A text is rarer than a lot, and has its own index.
              `exists (${ofLot(lot)} and mac_key = d.mac_key)`,
        ]),
  ];

  function ofLot(name: string): string {
    return `select mac_key from batch_units join batches on batches.id = batch_id where batches.lot = ${parameter(name)}`;
  }
}

function manyUnits(
  { batchIds, serialPattern }: Extract<UnitMatch, { serialPattern: string }>,
  parameter: Parameter,
): string {
  return `(batch_units.serial ilike ${parameter(serialPattern)} or batch_units.batch_id = any(${parameter(batchIds)}::bigint[]))`;
}

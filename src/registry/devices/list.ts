// Lists of devices in pages by key: each page starts right behind the one before, however many rows come in between.
import type pg from 'pg';
import { formatMark, parseMark } from './page-mark.js';
import type { DeviceFilter, DevicePage } from '../registry.js';
import { DEVICE_COLUMNS, type DeviceRow, REMOVED, toDeviceRecord } from './rows.js';
import { type Parameter, parameters } from './text-condition.js';
import { unitFilters, unitsOfDevices } from './units.js';
import { matchCondition, matchText, type TextMatch } from './text-match.js';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1000;
/** Devices that a search goes through before it decides how to go on: a hundredth of a second or two. */
const NEAR = 10_000;
/** Going through more of them takes longer than finding all that match by an index. */
const FAR = 150_000;

export interface RowPage {
  readonly rows: readonly DeviceRow[];
  readonly next: string | undefined;
}

/** A row, and in a list by time its time to the microsecond, which a Date does not hold. */
type MarkedRow = DeviceRow & { readonly mark: string };

export async function list(client: pg.ClientBase, filter: DeviceFilter): Promise<DevicePage> {
  const { rows, next } = await listRows(client, filter);
  const units = await unitsOfDevices(
    client,
    rows.map((row) => row.mac_key),
  );
  const devices = rows.map((row) => ({ ...toDeviceRecord(row), ...units.get(row.mac_key) }));
  return next === undefined ? { devices } : { devices, next };
}

/** @throws INPUT_INVALID for a page mark that is none */
export async function listRows(client: pg.ClientBase, filter: DeviceFilter): Promise<RowPage> {
  const limit = Math.min(Math.max(Math.trunc(filter.limit ?? PAGE_DEFAULT), 1), PAGE_MAX);
  const match = filter.text === undefined ? undefined : await matchText(client, filter.text);
  const find = async (way: Way): Promise<readonly MarkedRow[]> => {
    const { text, values } = listQuery({ ...filter, match }, way, limit + 1);
    return (await client.query<MarkedRow>(text, [...values])).rows;
  };
  const searches = match !== undefined && 'search' in match;
  const rows = searches ? await search(client, filter, find, limit) : await find('in order');
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (rows.length <= limit || last === undefined) return { rows: page, next: undefined };
  return { rows: page, next: formatMark({ id: last.id, at: isByTime(filter) ? last.mark : undefined }) };
}

/**
 * Among the newest devices first: how many of them match tells whether going on so fills the page soon. If not, an
 * index finds all that match, which are few, or old and close together. The planner cannot know that: it would go
 * through ten million devices for a text that is common among the oldest of them only.
 */
async function search(
  client: pg.ClientBase,
  filter: DeviceFilter,
  find: (way: Way) => Promise<readonly MarkedRow[]>,
  limit: number,
): Promise<readonly MarkedRow[]> {
  const near = await find({ newest: NEAR });
  if (near.length > limit || !(await hasMore(client, filter, NEAR))) return near;
  const neededAbout = (NEAR * (limit + 1)) / near.length;
  if (neededAbout > FAR) return find('matches first');
  const far = await find({ newest: 2 * FAR });
  return far.length > limit || !(await hasMore(client, filter, 2 * FAR)) ? far : find('matches first');
}

/** Whether a list has more devices than so many, whatever else is asked of them. */
async function hasMore(client: pg.ClientBase, filter: DeviceFilter, count: number): Promise<boolean> {
  const { values, parameter } = parameters();
  const newest = newestDevices(filter, count, parameter);
  const { rowCount } = await client.query(`select from ${newest} d offset ${count - 1}`, values);
  return rowCount === 1;
}

/**
 * How the server comes to a page: along the order until it is full, the same row by row through so many devices, or by
 * finding everything that matches and sorting that, for which no index is in order.
 */
export type Way = 'in order' | { readonly newest: number } | 'matches first';

/** A filter whose text is understood. */
export type MatchedFilter = Omit<DeviceFilter, 'text'> & { readonly match?: TextMatch | undefined };

/** The statement of a page; the orders are those of the indexes idx_devices_provisioned and devices_pkey. */
export function listQuery(
  filter: MatchedFilter,
  way: Way,
  limit: number,
): { readonly text: string; readonly values: readonly unknown[] } {
  const { values, parameter } = parameters();
  const isBounded = typeof way === 'object';
  const conditions = [
    ...deviceConditions(filter, parameter, way),
    ...unitFilters(filter, parameter),
    ...attemptConditions(filter, parameter),
    ...(isBounded ? [] : listBounds(filter, parameter)),
  ];
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  const table = isBounded ? newestDevices(filter, way.newest, parameter) : 'devices';
  const order = orderOf(filter, way === 'matches first');
  const text = `select ${DEVICE_COLUMNS}, to_char(d.provisioned_at, 'YYYY-MM-DD"T"HH24:MI:SS.US') as mark
    from ${table} d ${where} order by ${order} limit ${limit}`;
  return { text, values };
}

/**
 * Devices that have an attempt as asked for. The planner knows how many they are, but not that all of them may be old:
 * the bounds keep it from looking for them among all that are newer. A text is rarer than that, and has its own index.
 */
function attemptConditions({ batch, station, match }: MatchedFilter, parameter: Parameter): string[] {
  const of: string[] = [];
  if (batch !== undefined) of.push(`batch = ${parameter(batch)}`);
  if (station !== undefined) of.push(`station = ${parameter(station)}`);
  if (of.length === 0) return [];
  const bounds = of.map(
    (one) => `d.id between (select min(device_id) from attempts where ${one})
      and (select max(device_id) from attempts where ${one})`,
  );
  const attempted = `exists (select from attempts where device_id = d.id and ${of.join(' and ')})`;
  return match === undefined ? [attempted, ...bounds] : [attempted];
}

const IN_OUR_ERA = `d.provisioned_at >= '0001-01-01' and d.provisioned_at < '10000-01-01'`;

function deviceConditions(filter: MatchedFilter, parameter: Parameter, way: Way): string[] {
  const { status, includeRemoved, match } = filter;
  const conditions: string[] = [];
  if (status !== undefined) conditions.push(`d.status = ${parameter(status)}`);
  else if (includeRemoved !== true) conditions.push(`d.status is distinct from ${parameter(REMOVED)}`);
  if (match !== undefined) conditions.push(matchCondition(match, parameter, way === 'matches first'));
  return conditions;
}

const isByTime = ({ since, until }: MatchedFilter): boolean => since !== undefined || until !== undefined;

/** @param hidesIndex no index is in this order */
function orderOf(filter: MatchedFilter, hidesIndex = false): string {
  if (!isByTime(filter)) return hidesIndex ? 'd.id + 0 desc' : 'd.id desc';
  return `d.provisioned_at ${hidesIndex ? "+ interval '0'" : ''} desc, d.id desc`;
}

/** Conditions outside are not mixed with what stands before a LIMIT: no index of theirs is used. */
function newestDevices(filter: MatchedFilter, count: number, parameter: Parameter): string {
  const bounds = listBounds(filter, parameter);
  const where = bounds.length === 0 ? '' : `where ${bounds.join(' and ')}`;
  return `(select * from devices d ${where} order by ${orderOf(filter)} limit ${count})`;
}

/** Where in its order the list begins and ends. */
function listBounds(filter: MatchedFilter, parameter: Parameter): string[] {
  const { since, until, after } = filter;
  const byTime = isByTime(filter);
  // Other programs may have written infinity, or a year that no page mark can say.
  const bounds = byTime ? [IN_OUR_ERA] : [];
  // The column has no zone and holds UTC.
  const utc = (time: string): string => `(${parameter(time)}::timestamptz at time zone 'UTC')`;
  if (since !== undefined) bounds.push(`d.provisioned_at >= ${utc(since)}`);
  if (until !== undefined) bounds.push(`d.provisioned_at < ${utc(until)}`);
  if (after === undefined) return bounds;
  const { id, at } = parseMark(after, byTime);
  if (!byTime) return [...bounds, `d.id < ${parameter(id)}`];
  return [...bounds, `(d.provisioned_at, d.id) < (${parameter(at)}::timestamp, ${parameter(id)}::integer)`];
}

// Lists and searches of a filled registry: how long each takes, and what the server did for it.
import type pg from 'pg';
import type { DeviceFilter, Registry } from '../../src/registry/index.js';
import type { listQuery, Way } from '../../src/registry/devices/list.js';
import type { matchText } from '../../src/registry/devices/text-match.js';
import { filled } from './fill.js';

const SAMPLES = 200;
/** A lookup that is slow is asked less often. */
const LONGEST_MS = 15_000;

export interface LookupFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Devices found at the median. */
  readonly found: number;
  /** Sequential scans of devices, keys and attempts that the server counted. */
  readonly sequentialScans: number;
  /** Scans of the plans, for example `Index Scan devices_pkey`; of lists only. */
  readonly plan?: readonly string[] | undefined;
}

export interface Filled {
  readonly registry: Registry;
  readonly client: pg.ClientBase;
  readonly rows: number;
  readonly listQuery: typeof listQuery;
  readonly matchText: typeof matchText;
}

/** A filter for each sample, which draws numbers of devices. */
type Draw = (device: () => number) => DeviceFilter;

const LISTS: Readonly<Record<string, (rows: number) => Draw>> = {
  'newest 100': () => () => ({}),
  'a page deep inside': () => (device) => ({ after: String(device()) }),
  'a rare status': () => () => ({ status: filled.rareStatus }),
  'a common status, deep inside': () => (device) => ({ status: 'provisioned', after: String(device()) }),
  'a batch': () => (device) => ({ batch: filled.batch(device()) }),
  'a station': () => (device) => ({ station: filled.station(device()) }),
  'a station, deep inside': () => (device) => ({
    station: filled.station(device()),
    after: String(device()),
  }),
  'a day': () => (device) => dayOf(device()),
  'text: whole MAC': () => (device) => ({ text: filled.mac(device()) }),
  'text: last 6 digits of a MAC': () => (device) => ({ text: filled.mac(device()).slice(-8) }),
  'text: last 4 digits of a MAC': () => (device) => ({
    text: filled.mac(device()).replaceAll(':', '').slice(-4),
  }),
  'text: whole UUID': () => (device) => ({ text: filled.uuid(device()) }),
  'text: first 8 digits of a UUID': () => (device) => ({ text: filled.uuid(device()).slice(0, 8) }),
  'text: 4 digits from inside a UUID': () => (device) => ({ text: filled.uuid(device()).slice(14, 18) }),
  'text: 8 digits, nowhere': () => () => ({ text: digits(8) }),
  'text: 2 digits': () => () => ({ text: digits(2) }),
  'text: a location': () => (device) => ({ text: filled.location(device()).toUpperCase() }),
  'text: a part of many locations': () => () => ({ text: 'all' }),
  'text: at the oldest devices only': () => () => ({ text: filled.oldLocation }),
  'text: nowhere': () => () => ({ text: `zq${digits(3)}` }),
  'text: 2 letters, nowhere': () => () => ({ text: 'zq' }),
  'text and status': () => (device) => ({ text: filled.location(device()), status: filled.rareStatus }),
};

export async function measureLookups(at: Filled): Promise<Record<string, LookupFigures>> {
  const figures: Record<string, LookupFigures> = {};
  const { registry, rows } = at;
  const device = drawer(rows);
  figures['find by MAC'] = await sample(at, async () => {
    return (await registry.find({ mac: filled.mac(device()) })) === undefined ? 0 : 1;
  });
  figures['show'] = await sample(at, async () => {
    return (await registry.show({ mac: filled.mac(device()) })).keys.length;
  });
  for (const [name, makeDraw] of Object.entries(LISTS)) {
    const draw = makeDraw(rows);
    const measured = await sample(at, async () => (await registry.list(draw(device))).devices.length);
    figures[name] = { ...measured, plan: await planOf(at, draw(device)) };
  }
  return figures;
}

async function sample(at: Filled, call: () => Promise<number>): Promise<LookupFigures> {
  const times: number[] = [];
  const found: number[] = [];
  const before = await sequentialScans(at.client);
  const until = performance.now() + LONGEST_MS;
  while (times.length < SAMPLES && performance.now() < until) {
    const start = performance.now();
    found.push(await call());
    times.push(performance.now() - start);
  }
  const middle = times.length >> 1;
  times.sort((a, b) => a - b);
  found.sort((a, b) => a - b);
  return {
    p50Ms: times[middle] ?? 0,
    p99Ms: times[Math.floor(times.length * 0.99)] ?? 0,
    found: found[middle] ?? 0,
    sequentialScans: (await sequentialScans(at.client)) - before,
  };
}

/** The server counts late: what a connection did shows when it has reported, after a second at most. */
async function sequentialScans(client: pg.ClientBase): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const { rows } = await client.query<{ scans: string }>(
    `select sum(seq_scan) as scans from pg_stat_user_tables
     where relname in ('devices', 'device_keys', 'attempts')`,
  );
  return Number(rows[0]?.scans);
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** A search goes several ways, one after the other. */
async function planOf(at: Filled, filter: DeviceFilter): Promise<string[]> {
  const { client, listQuery, matchText } = at;
  const match = filter.text === undefined ? undefined : await matchText(client, filter.text);
  const ways: Way[] =
    match === undefined || 'ids' in match ? ['in order'] : [{ newest: 10_000 }, 'matches first'];
  const scans = new Set<string>();
  const walk = (node: PlanNode): void => {
    const place = node['Index Name'] ?? node['Relation Name'];
    if (node['Node Type'].includes('Scan') && place !== undefined) scans.add(`${node['Node Type']} ${place}`);
    node.Plans?.forEach(walk);
  };
  for (const way of ways) {
    const { text, values } = listQuery({ ...filter, match }, way, 101);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain (format json) ${text}`,
      [...values],
    );
    const plan = rows[0]?.['QUERY PLAN'][0].Plan;
    if (plan !== undefined) walk(plan);
  }
  return [...scans];
}

let state = 12_345;
/** The same draws in each run (a linear congruential generator, constants of Numerical Recipes). */
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

const drawer = (rows: number) => (): number => 1 + Math.floor(random() * rows);
const digits = (count: number): string =>
  Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');

function dayOf(device: number): DeviceFilter {
  const start = Date.UTC(2021, 0, 1) + Math.floor((device * 15) / 86_400) * 86_400_000;
  return { since: new Date(start).toISOString(), until: new Date(start + 86_400_000).toISOString() };
}

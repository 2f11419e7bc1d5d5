// Figures for the API: of the runs that the database has, of a station, a batch or everything.
import { figuresBy, figuresOf, type Figures } from '../../core/figures/figures.js';
import { HOUR_MS, hoursOf } from '../../core/figures/hours.js';
import { systemZone } from '../../core/times.js';
import { type Grouping, GROUPINGS, type RunFilter, type Runs } from '../../registry/index.js';

export interface FigureQuery {
  readonly batch?: string | undefined;
  readonly station?: string | undefined;
  /** ISO 8601. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly by?: Grouping | undefined;
}

interface Hour {
  readonly start: string;
  readonly passed: number;
  readonly failed: number;
}

export interface FigureTable {
  /** `all` first. */
  readonly groups: ReadonlyMap<string, Figures>;
  readonly hours: readonly Hour[];
}

/** @throws REGISTRY_*, BATCH_UNKNOWN */
export async function readFigures(runs: Pick<Runs, 'read'>, query: FigureQuery): Promise<FigureTable> {
  const { batch, station, since, until, by } = query;
  const untilMs = momentOf(until);
  const found = await runs.read({ batch, station, sinceMs: momentOf(since), untilMs });
  return {
    groups: new Map([
      ['all', figuresOf(found)],
      ...(by === undefined ? [] : figuresBy(found, GROUPINGS[by])),
    ]),
    hours: hoursOf(found, Math.min(untilMs ?? Infinity, Date.now()), systemZone()).map(toHour),
  };
}

/** The day of one station. @throws REGISTRY_* */
export async function readDay(
  runs: Pick<Runs, 'read'>,
  { station, sinceMs }: Required<Pick<RunFilter, 'station' | 'sinceMs'>>,
): Promise<Figures & { readonly lastHour: number; readonly hours: readonly Hour[] }> {
  const found = await runs.read({ station, sinceMs });
  const nowMs = Date.now();
  const { passed: lastHour } = figuresOf(found.filter(({ endedMs }) => endedMs > nowMs - HOUR_MS));
  return { ...figuresOf(found), lastHour, hours: hoursOf(found, nowMs, systemZone()).map(toHour) };
}

function momentOf(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso);
}

function toHour({ startMs, passed, failed }: ReturnType<typeof hoursOf>[number]): Hour {
  return { start: new Date(startMs).toISOString(), passed, failed };
}

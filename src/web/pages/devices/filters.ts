// What the list of devices is narrowed to: kept in the address, sent to the service.
import type { Place } from '../../router.js';

/** Empty texts narrow nothing. */
export interface Filters {
  readonly text: string;
  readonly status: string;
  readonly batch: string;
  readonly station: string;
  /** Days of this browser, `2026-11-24`: the first and the last one of those that count. */
  readonly from: string;
  readonly to: string;
}

export function filtersOf({ query }: Place): Filters {
  const { text = '', status = '', batch = '', station = '', from = '', to = '' } = query;
  return { text, status, batch, station, from, to };
}

/** The filters beside text and status that are set. */
export function countFurther({ batch, station, from, to }: Filters): number {
  return [batch, station, from, to].filter((text) => text !== '').length;
}

/** As the service takes them. */
export function queryOf({ text, status, batch, station, from, to }: Filters): {
  readonly [name in 'text' | 'status' | 'batch' | 'station' | 'since' | 'until']?: string;
} {
  const named = Object.entries({ text, status, batch, station }).filter(([, value]) => value !== '');
  const since = midnight(from, 0);
  const until = midnight(to, 1);
  return {
    ...Object.fromEntries(named),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

/** When a day of this browser begins, or one some days later; undefined for what is no day. */
function midnight(day: string, laterDays: number): string | undefined {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  if (date === undefined) return undefined;
  return new Date(Number(year), Number(month) - 1, Number(date) + laterDays).toISOString();
}

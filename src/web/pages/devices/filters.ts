// What the list of devices is narrowed to: kept in the address, sent to the service.
import type { Place } from '../../router.js';

/** Empty texts narrow nothing. */
export interface Filters {
  readonly text: string;
  readonly status: string;
  readonly batch: string;
  readonly lot: string;
  readonly serial: string;
  readonly station: string;
  /** Days at the service, `2026-11-24`: the first and the last one of those that count. */
  readonly from: string;
  readonly to: string;
}

export function filtersOf({ query }: Place): Filters {
  const {
    text = '',
    status = '',
    batch = '',
    lot = '',
    serial = '',
    station = '',
    from = '',
    to = '',
  } = query;
  return { text, status, batch, lot, serial, station, from, to };
}

/** The filters beside text and status that are set. */
export function countFurther({ batch, lot, serial, station, from, to }: Filters): number {
  return [batch, lot, serial, station, from, to].filter((text) => text !== '').length;
}

/** As the service takes them: a day is one of the service, wherever the browser is. */
export function queryOf({ from, to, ...named }: Filters): {
  readonly [name in Exclude<keyof Filters, 'from' | 'to'> | 'since' | 'until']?: string;
} {
  return Object.fromEntries(
    Object.entries({ ...named, since: dayOf(from), until: dayOf(to) }).filter(([, value]) => value !== ''),
  );
}

const dayOf = (text: string): string => (/^\d{4}-\d\d-\d\d$/.test(text) ? text : '');

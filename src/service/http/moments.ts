// Times that a request asks for: the same rule as on the command line, in the zone of the service.
import { parseMoment, systemZone } from '../../core/times.js';

export interface TypedPeriod {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** The same query with its times in ISO 8601. @throws INPUT_INVALID for a day that no calendar has */
export function withMoments<Q extends TypedPeriod>(query: Q): Q {
  const [since, until] = [momentOf(query.since, 'since'), momentOf(query.until, 'until')];
  return { ...query, ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
}

function momentOf(text: string | undefined, field: 'since' | 'until'): string | undefined {
  if (text === undefined) return undefined;
  const as = field === 'until' ? 'end' : 'start';
  return new Date(parseMoment(text, { field, nowMs: Date.now(), zone: systemZone(), as })).toISOString();
}

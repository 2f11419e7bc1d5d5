// One rule for times, for the command line, HTTP and the page: what is shown names its zone, and what is typed without
// a zone means the zone that is shown. That is the zone of the program: of the computer that runs the command or the
// service, not of a browser that looks from elsewhere.
import { EspmintError } from './errors/index.js';
import { atWall, DAY_MS, midnight, offsetMs, type Zone } from './zone-clock.js';

export { formatMoment, systemZone } from './zone-clock.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** What a field of the API takes: a day, a time of a day, with or without its zone. */
export const MOMENT_PATTERN =
  '^(today|yesterday|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)? ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?)$';
/** Text of four digits for a year ends here, and so do databases that are given such text. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?$/i;

/** How a typed text is read. */
export interface MomentReading {
  /** What an error calls the text: an option or a field. */
  readonly field: string;
  /** Milliseconds since 1970: `today` is the day of this. */
  readonly nowMs: number;
  readonly zone: Zone;
  /** A day alone means its beginning, or as the end of a period the whole day: the beginning of the next one. */
  readonly as: 'start' | 'end';
}

/**
 * A text as milliseconds since 1970: `2026-11-24`, `today`, `yesterday`, `2026-11-24 06:00`, `2026-11-24T06:00:00Z`,
 * `2026-11-24 06:00:00 +02:00`. Everything that {@link formatMoment} writes is read as the same moment.
 *
 * @throws INPUT_INVALID for anything else, also for days that no calendar has
 */
export function parseMoment(text: string, { field, nowMs, zone, as }: MomentReading): number {
  const day = dayNumber(text.trim(), nowMs, zone);
  const ms = day === undefined ? timeOf(text.trim(), zone) : midnight(day + (as === 'end' ? 1 : 0), zone);
  if (ms !== undefined) return Math.min(ms, LAST_MS);
  throw new EspmintError('INPUT_INVALID', {
    field,
    reason: `is "${text}", which is no time`,
    hint: 'give it as 2026-11-24, 2026-11-24 06:00 or 2026-11-24T06:00:00Z',
  });
}

/** Days since 1970 of a day that is named; undefined for another text. */
function dayNumber(text: string, nowMs: number, zone: Zone): number | undefined {
  const word = ['today', 'yesterday'].indexOf(text.toLowerCase());
  if (word !== -1) return Math.floor((nowMs + offsetMs(nowMs, zone)) / DAY_MS) - word;
  const [, year, month, day] = DAY.exec(text) ?? [];
  if (day === undefined) return undefined;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return new Date(ms).toISOString().startsWith(text) ? ms / DAY_MS : undefined;
}

function timeOf(text: string, zone: Zone): number | undefined {
  const [, date, hours, minutes, seconds = '0', fraction = '0', offset] = TIME.exec(text) ?? [];
  const day = date === undefined ? undefined : dayNumber(date, 0, zone);
  if (day === undefined || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59)
    return undefined;
  const wallMs =
    day * DAY_MS +
    Number(hours) * HOUR_MS +
    Number(minutes) * MINUTE_MS +
    Number(seconds) * 1000 +
    Math.floor(Number(`0.${fraction}`) * 1000);
  if (offset === undefined) return atWall(wallMs, zone);
  if (!/^[+-]/.test(offset)) return wallMs;
  const [offsetHours, offsetMinutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const sign = offset.startsWith('-') ? -1 : 1;
  return wallMs - sign * (offsetHours * HOUR_MS + offsetMinutes * MINUTE_MS);
}

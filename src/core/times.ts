// One rule for times, for the command line, HTTP and the page: what is shown names its zone, and what is typed without
// a zone means the zone that is shown. That is the zone of the program: of the computer that runs the command or the
// service, not of a browser that looks from elsewhere.
import { EspmintError } from './errors/index.js';

/** A name of the IANA data base, as `Europe/Berlin`. */
export type Zone = string;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** What a field of the API takes: a day, a time of a day, with or without its zone. */
export const MOMENT_PATTERN =
  '^(today|yesterday|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)? ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?)$';
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?$/i;

/** The zone of this process (`TZ`) or browser. */
export function systemZone(): Zone {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone as Zone | undefined;
  return zone === undefined || zone === 'Etc/Unknown' ? 'UTC' : zone;
}

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
  if (ms !== undefined) return ms;
  throw new EspmintError('INPUT_INVALID', {
    field,
    reason: `is "${text}", which is no time`,
    hint: 'give it as 2026-11-24, 2026-11-24 06:00 or 2026-11-24T06:00:00Z',
  });
}

/** `2026-11-24 14:05:00 +01:00`, or with `UTC` at its end; `-` for no time. Takes ISO 8601 or milliseconds since 1970. */
export function formatMoment(moment: string | number | undefined, zone: Zone): string {
  const ms = typeof moment === 'string' ? Date.parse(moment) : (moment ?? NaN);
  if (Number.isNaN(ms)) return '-';
  const offset = offsetMs(ms, zone);
  return `${new Date(ms + offset).toISOString().slice(0, 19).replace('T', ' ')} ${offsetText(offset)}`;
}

/** The first moment of the day that this moment is in. */
export function startOfDay(ms: number, zone: Zone): number {
  return midnight(Math.floor((ms + offsetMs(ms, zone)) / DAY_MS), zone);
}

/** The full hour before this moment: not the same everywhere, some zones are half an hour off. */
export function startOfHour(ms: number, zone: Zone): number {
  const offset = offsetMs(ms, zone);
  return Math.floor((ms + offset) / HOUR_MS) * HOUR_MS - offset;
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

function midnight(day: number, zone: Zone): number {
  return atWall(day * DAY_MS, zone);
}

/**
 * The moment at which clocks in the zone show this (as if it were UTC). Where they are set forward over it, the moment
 * of the change; where they show it twice, the first time.
 */
function atWall(wallMs: number, zone: Zone): number {
  const candidates = [offsetMs(wallMs - DAY_MS, zone), offsetMs(wallMs + DAY_MS, zone)];
  const shown = candidates
    .map((offset) => wallMs - offset)
    .filter((ms) => ms + offsetMs(ms, zone) === wallMs);
  if (shown.length > 0) return Math.min(...shown);
  // Halving finds the change: before it clocks show less, after it more.
  let [before, after] = [wallMs - DAY_MS, wallMs + DAY_MS];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (middle + offsetMs(middle, zone) < wallMs) before = middle;
    else after = middle;
  }
  return after;
}

const formats = new Map<Zone, Intl.DateTimeFormat>();

/** What clocks in the zone are ahead of UTC. */
function offsetMs(ms: number, zone: Zone): number {
  if (zone === 'UTC') return 0;
  let format = formats.get(zone);
  if (format === undefined) {
    const digits = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric' } as const;
    format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
      ...digits,
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23',
      timeZone: zone,
    });
    formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wall - Math.floor(ms / 1000) * 1000;
}

function offsetText(offset: number): string {
  if (offset === 0) return 'UTC';
  const minutes = Math.round(Math.abs(offset) / MINUTE_MS);
  const digits = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${digits(Math.floor(minutes / 60))}:${digits(minutes % 60)}`;
}

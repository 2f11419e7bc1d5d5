// Clocks of a zone: what they show at a moment, and at which moment they show something.

/** A name of the IANA data base, as `Europe/Berlin`. */
export type Zone = string;

const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** The zone of this process (`TZ`) or browser. */
export function systemZone(): Zone {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone as Zone | undefined;
  return zone === undefined || zone === 'Etc/Unknown' ? 'UTC' : zone;
}

/** `2026-11-24 14:05:00 +01:00`, or with `UTC` at its end; `-` for no time. Takes ISO 8601 or milliseconds since 1970. */
export function formatMoment(moment: string | number | undefined, zone: Zone): string {
  const ms = typeof moment === 'string' ? Date.parse(moment) : (moment ?? NaN);
  if (Number.isNaN(ms)) return '-';
  const offset = offsetMs(ms, zone);
  return `${new Date(ms + offset).toISOString().slice(0, 19).replace('T', ' ')} ${offsetText(offset)}`;
}

/** When this day begins, a number of days since 1970. */
export function midnight(day: number, zone: Zone): number {
  return atWall(day * DAY_MS, zone);
}

/**
 * The moment at which clocks in the zone show this (as if it were UTC). Where they are set forward over it, the moment
 * of the change; where they show it twice, the first time.
 */
export function atWall(wallMs: number, zone: Zone): number {
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
export function offsetMs(ms: number, zone: Zone): number {
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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMoment, MOMENT_PATTERN, parseMoment } from './times.js';

const NOW_MS = Date.parse('2026-11-24T22:30:00Z');
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Australia/Lord_Howe',
];

function read(text: string, zone = 'UTC', as: 'start' | 'end' = 'start'): string {
  return new Date(parseMoment(text, { field: '--since', nowMs: NOW_MS, zone, as })).toISOString();
}

describe('a time that is typed', () => {
  it('without a zone means the zone that is shown', () => {
    expect(read('2026-11-24', 'Europe/Berlin')).toBe('2026-11-23T23:00:00.000Z');
    expect(read('2026-11-24 06:00', 'Europe/Berlin')).toBe('2026-11-24T05:00:00.000Z');
    expect(read('2026-11-24T06:00:05.25', 'Asia/Tokyo')).toBe('2026-11-23T21:00:05.250Z');
    expect(read('2026-11-24T06:00:00', 'UTC')).toBe('2026-11-24T06:00:00.000Z');
  });

  it('with a zone means that zone, wherever it is typed', () => {
    for (const text of [
      '2026-11-24T06:00:00Z',
      '2026-11-24 06:00 UTC',
      '2026-11-24T08:00+02:00',
      '2026-11-24 01:30 -0430',
    ]) {
      expect(read(text, 'Asia/Tokyo')).toBe('2026-11-24T06:00:00.000Z');
    }
  });

  it('as a day takes the whole day in where it ends a period', () => {
    expect(read('2026-11-24', 'Europe/Berlin', 'end')).toBe('2026-11-24T23:00:00.000Z');
    expect(read('2026-11-24 06:00', 'Europe/Berlin', 'end')).toBe('2026-11-24T05:00:00.000Z');
  });

  it('ends with the last year of four digits, which databases take', () => {
    expect(read('9999-12-31', 'UTC', 'end')).toBe('9999-12-31T23:59:59.999Z');
    expect(read('9999-12-31 23:00 -05:00')).toBe('9999-12-31T23:59:59.999Z');
  });

  it('as today is the day of the zone, not of UTC', () => {
    expect(read('today', 'UTC')).toBe('2026-11-24T00:00:00.000Z');
    expect(read('today', 'Asia/Tokyo')).toBe('2026-11-24T15:00:00.000Z');
    expect(read('yesterday', 'Asia/Tokyo')).toBe('2026-11-23T15:00:00.000Z');
  });

  it.each(['', 'soon', '1', '2026', '24.11.2026', '2026-02-30', '2026-11-24 25:00', '2026-11-24 06:00 CET'])(
    'is refused as "%s"',
    (text) => {
      expect(() => read(text)).toThrow(/--since is ".*", which is no time.*2026-11-24/);
      expect(new RegExp(MOMENT_PATTERN).test(text) && !/\d\d-30|25:/.test(text)).toBe(false);
    },
  );

  it('that clocks skip or show twice is the change, or the first of the two', () => {
    expect(read('2026-03-29 02:30', 'Europe/Berlin')).toBe('2026-03-29T01:00:00.000Z');
    expect(read('2026-10-25 02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z');
    // Clocks go from 23:59 to 01:00 here: the day begins at one.
    expect(read('2026-03-29', 'Asia/Beirut')).toBe('2026-03-28T22:00:00.000Z');
  });
});

describe('a time that is shown', () => {
  it('names its zone', () => {
    expect(formatMoment('2026-11-24T13:05:00.123Z', 'Europe/Berlin')).toBe('2026-11-24 14:05:00 +01:00');
    expect(formatMoment('2026-11-24T13:05:00.123Z', 'UTC')).toBe('2026-11-24 13:05:00 UTC');
    expect(formatMoment(NOW_MS, 'America/St_Johns')).toBe('2026-11-24 19:00:00 -03:30');
    expect(formatMoment(undefined, 'UTC')).toBe('-');
  });

  it('is read back as the same moment in every zone, also with its zone cut off outside of a change of clocks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2090, 0) }),
        (zone, anyMs) => {
          const ms = Math.floor(anyMs / 1000) * 1000;
          const shown = formatMoment(ms, zone);
          expect(new RegExp(MOMENT_PATTERN).test(shown)).toBe(true);
          expect(Date.parse(read(shown, 'Asia/Tokyo'))).toBe(ms);
          const withoutZone = shown.slice(0, 19);
          expect(formatMoment(Date.parse(read(withoutZone, zone)), zone).slice(0, 19)).toBe(withoutZone);
        },
      ),
    );
  });
});

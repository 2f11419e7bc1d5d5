import { describe, expect, it } from 'vitest';
import {
  formatClockIn,
  formatExact,
  setZone,
  zoneName,
  formatAgo,
  formatBytes,
  formatDuration,
  formatHour,
  formatShare,
  formatShort,
  sentence,
  shortMac,
} from './format.js';

describe('a duration', () => {
  it.each([
    [0, '0.0 s'],
    [1249, '1.2 s'],
    [9999, '9.9 s'],
    [12_900, '12 s'],
    [185_000, '3:05 min'],
    [-5, '0.0 s'],
  ])('of %d ms reads %s', (ms, text) => {
    expect(formatDuration(ms, 'en')).toBe(text);
  });

  it('is written as the language does', () => {
    expect(formatDuration(1249, 'vi')).toBe('1,2 s');
    expect(formatShort(96.4, 'en')).toBe('96 ms');
  });
});

describe('a share', () => {
  it('reads 100 % only when nothing is missing', () => {
    expect([formatShare(1, 'en'), formatShare(0.9996, 'en'), formatShare(0.967, 'en')]).toEqual([
      '100 %',
      '99.9 %',
      '97 %',
    ]);
  });
});

describe('a size', () => {
  it.each([
    [300, '300 B'],
    [0x6000, '24 KB'],
    [4 << 20, '4 MB'],
    [0x180000, '1.5 MB'],
    [0xe0000, '896 KB'],
  ])('of %d bytes reads %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('a moment', () => {
  const now = Date.parse('2026-03-12T10:00:00Z');
  it.each([
    ['2026-03-12T09:59:40Z', 'now'],
    ['2026-03-12T09:55:10Z', '4 minutes ago'],
    ['2026-03-12T07:00:00Z', '3 hours ago'],
    ['2026-03-10T10:00:00Z', '2 days ago'],
    ['2026-01-02T10:00:00Z', 'Jan 2, 2026'],
  ])('%s reads %s', (iso, text) => {
    expect(formatAgo(iso, now, 'en-US')).toBe(text);
  });

  it('is told in the zone of the service, which is named', () => {
    setZone('Asia/Ho_Chi_Minh');
    expect(formatExact('2026-03-12T20:00:00Z', 'en-GB')).toBe('13 Mar 2026, 03:00:00 GMT+7');
    expect(formatClockIn('2026-03-12T20:00:00Z', 'en-GB')).toBe('03:00 GMT+7');
    expect(formatHour('2026-03-12T20:00:00Z', 'en-US')).toBe('03');
    expect(zoneName('en-GB')).toBe('GMT+7');
    setZone('UTC');
    expect(formatExact('2026-03-12T20:00:00Z', 'en-GB')).toBe('12 Mar 2026, 20:00:00 UTC');
  });

  it('has its hour of 24 on an axis', () => {
    expect(formatHour('2026-03-12T10:00:00Z', 'en-US')).toMatch(/^\d\d$/);
  });
});

describe('words of the service', () => {
  it('become sentences', () => {
    expect(sentence('plug the board in again and retry')).toBe('Plug the board in again and retry.');
    expect([sentence(''), sentence('Done.')]).toEqual(['', 'Done.']);
  });

  it('keep the ends of a MAC that tell boards apart', () => {
    expect(shortMac('a4:cf:12:34:56:78')).toBe('a4:…:56:78');
  });
});

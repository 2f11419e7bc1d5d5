import { expect, it } from 'vitest';
import { formatListEntry, parseListEntry } from './list-entry.js';

it.each([
  ['A4CF12345678', 'a4:cf:12:34:56:78'],
  ['a4-cf-12-34-56-78', 'a4:cf:12:34:56:78'],
  ['110E3DC9-FA05-568F-A05A-98D00891029D', '110e3dc9-fa05-568f-a05a-98d00891029d'],
  ['a4:cf:12:00:00:00..a4cf12fffffe', 'a4:cf:12:00:00:00..a4:cf:12:ff:ff:fe'],
  ['a4:cf:12:00:00:01..a4:cf:12:00:00:01', 'a4:cf:12:00:00:01'],
])('%s means %s', (text, formatted) => {
  expect(formatListEntry(parseListEntry(text))).toBe(formatted);
  expect(parseListEntry(formatted)).toEqual(parseListEntry(text));
});

it.each(['', '..', 'a4:cf:12:34:56:78..', 'a4:cf:12:34:56:79..a4:cf:12:34:56:78', 'a4:cf:12'])(
  '"%s" is no entry',
  (text) => {
    expect(() => parseListEntry(text)).toThrow();
  },
);

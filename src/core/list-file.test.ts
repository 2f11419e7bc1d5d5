import { expect, it } from 'vitest';
import { formatListEntry } from './list-entry.js';
import { LIST_FILE_MAX_ENTRIES, parseListFile } from './list-file.js';

const read = (text: string): string[] => parseListFile(text, 'returns.csv').map(formatListEntry);

it('reads MACs, UUIDs and ranges, whatever stands around them', () => {
  const text = [
    '\uFEFFmac;note',
    '# returned in March',
    'A4-CF-12-00-00-01;bent antenna',
    '',
    '"a4cf12000002"\tshort circuit',
    'a4:cf:12:00:01:00..a4:cf:12:00:01:ff,a whole tray',
    '110E3DC9-11A5-5D1D-8B5B-3F0CE5DB4E8B',
  ].join('\r\n');
  expect(read(text)).toEqual([
    'a4:cf:12:00:00:01',
    'a4:cf:12:00:00:02',
    'a4:cf:12:00:01:00..a4:cf:12:00:01:ff',
    '110e3dc9-11a5-5d1d-8b5b-3f0ce5db4e8b',
  ]);
});

it.each([
  ['a4:cf:12:00:00:01\na4:cf:12', 2, '"a4:cf:12" is no MAC'],
  ['a4:cf:12:00:00:02..a4:cf:12:00:00:01', 1, 'no range of MACs'],
  ['# nothing\n\n', 1, 'there is no MAC'],
  ['mac\n', 1, 'there is no MAC'],
])('refuses %j with the line that is wrong', (text, line, reason) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'IDENTIFIERS_INVALID' }));
  expect(() => read(text)).toThrow(`returns.csv:${line}: `);
  expect(() => read(text)).toThrow(reason);
});

it('reads no more than one list may take at once', () => {
  const line = (n: number): string => `a4cf12${n.toString(16).padStart(6, '0')}`;
  const many = Array.from({ length: LIST_FILE_MAX_ENTRIES + 1 }, (_, n) => line(n)).join('\n');
  expect(() => read(many)).toThrow(expect.objectContaining({ code: 'IDENTIFIERS_INVALID' }));
});

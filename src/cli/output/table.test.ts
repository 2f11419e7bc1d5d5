// Tables fit the terminal that they are shown on, and are whole where another program reads them.
import { describe, expect, it } from 'vitest';
import { silentIo } from '../reference.js';
import { shownWidth } from './printable.js';
import { Table, type Row } from './table.js';

const HEADS = ['MAC', 'UUID', 'STATUS', 'LOCATION'];
const ROWS: readonly Row[] = [
  ['a4:cf:12:00:00:01', '110e3dc9-fa05-568f-a05a-98d00891029d', 'provisioned', 'Halle Süd'],
  ['a4:cf:12:00:00:02', 'c5f1a7a0-0000-568f-a05a-98d00891029d', 'pending', undefined],
  ['a4:cf:12:00:00:03', '220e3dc9-fa05-568f-a05a-98d00891029d', 'provisioned', '深圳工厂'],
];

function linesAt(columns: number, rows = ROWS, heads = HEADS): string[] {
  let out = '';
  const table = new Table(
    { ...silentIo(), outputColumns: columns, stdout: (text) => void (out += text) },
    heads,
  );
  table.add(rows);
  return out
    .replaceAll(/\u001b\[\d+m/g, '')
    .trimEnd()
    .split('\n');
}

describe('a table', () => {
  it('has every column in one line where it goes into a pipe', () => {
    expect(linesAt(Infinity)).toEqual([
      'MAC                UUID                                  STATUS       LOCATION',
      'a4:cf:12:00:00:01  110e3dc9-fa05-568f-a05a-98d00891029d  provisioned  Halle Süd',
      'a4:cf:12:00:00:02  c5f1a7a0-0000-568f-a05a-98d00891029d  pending      -',
      'a4:cf:12:00:00:03  220e3dc9-fa05-568f-a05a-98d00891029d  provisioned  深圳工厂',
    ]);
  });

  it('moves the widest columns below on a narrow terminal, by name', () => {
    expect(linesAt(60)).toEqual([
      'MAC                STATUS       LOCATION',
      'a4:cf:12:00:00:01  provisioned  Halle Süd',
      '  uuid 110e3dc9-fa05-568f-a05a-98d00891029d',
      'a4:cf:12:00:00:02  pending      -',
      '  uuid c5f1a7a0-0000-568f-a05a-98d00891029d',
      'a4:cf:12:00:00:03  provisioned  深圳工厂',
      '  uuid 220e3dc9-fa05-568f-a05a-98d00891029d',
    ]);
  });

  it.each([44, 60, 80, 100, 132])('has no line longer than a terminal of %i columns', (columns) => {
    for (const line of linesAt(columns)) expect(shownWidth(line)).toBeLessThanOrEqual(columns);
  });

  it('says nothing below of what is not there', () => {
    expect(linesAt(44)).not.toContainEqual(expect.stringContaining('location -'));
  });

  it('has no head without rows, and lets no text steer the terminal', () => {
    expect(linesAt(80, [])).toEqual(['']);
    expect(linesAt(80, [['\u001b[2J', 'x']], ['A', 'B'])[1]).toBe('\u{fffd}[2J  x');
  });
});

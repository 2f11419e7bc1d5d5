import { describe, expect, it } from 'vitest';
import { figuresToCsv } from './csv.js';
import { figuresOf, type RunOutcome } from './figures.js';
import { HOUR_MS, hoursOf } from './hours.js';

const NOON = Date.parse('2026-05-04T12:00:00Z');
const run = (mac: string, endedMs: number, passed = true): RunOutcome => ({
  mac,
  passed,
  alreadyDone: false,
  stagesMs: {},
  startedMs: endedMs - 1000,
  endedMs,
});
const counts = (runs: readonly RunOutcome[], nowMs: number) =>
  hoursOf(runs, nowMs, 'UTC').map(({ passed, failed }) => [passed, failed]);

describe('hours', () => {
  it('are shown one by one, also those without boards', () => {
    const runs = [run('a', NOON), run('b', NOON + 2 * HOUR_MS + 1), run('c', NOON + 2 * HOUR_MS, false)];
    expect(counts(runs, NOON + 2 * HOUR_MS + 2)).toEqual([
      [1, 0],
      [0, 0],
      [1, 1],
    ]);
  });
  it('begin when the clocks of the zone say so', () => {
    const [hour] = hoursOf([run('a', NOON + 1)], NOON + 2, 'Asia/Kolkata');
    expect(new Date(hour?.startMs ?? 0).toISOString()).toBe('2026-05-04T11:30:00.000Z');
  });
  it('count a board by its last result', () => {
    expect(counts([run('a', NOON, false), run('a', NOON + 1)], NOON + 2)).toEqual([[1, 0]]);
  });
  it('are none while nothing has ended, and a week of them at most', () => {
    expect(hoursOf([], NOON, 'UTC')).toEqual([]);
    expect(hoursOf([run('a', NOON - 30 * 24 * HOUR_MS), run('b', NOON)], NOON, 'UTC')).toHaveLength(7 * 24);
  });
});

it('figures as CSV quote a name, and give a spreadsheet no formula', () => {
  const csv = figuresToCsv(new Map([['=a,"b"', figuresOf([run('a', NOON)])]]));
  expect(csv.split('\r\n')[1]).toMatch(/^"'=a,""b""",1,1,1,0,0,1,1,/);
});

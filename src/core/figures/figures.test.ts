import { describe, expect, it } from 'vitest';
import { figuresBy, figuresOf, type RunOutcome } from './figures.js';

const MINUTE = 60_000;
/** A run of 10 s that ends at that minute. */
const run = (
  mac: string | undefined,
  minute: number,
  failure?: string,
  more: Partial<RunOutcome> = {},
): RunOutcome => ({
  mac,
  passed: failure === undefined,
  alreadyDone: false,
  code: failure,
  stage: failure === undefined ? undefined : 'write',
  stagesMs: { connect: 1000, write: 5000 },
  startedMs: minute * MINUTE - 10_000,
  endedMs: minute * MINUTE,
  ...more,
});

describe('figuresOf', () => {
  it('counts a board once however often it comes, and shows rework apart', () => {
    const runs = [
      run('a', 1),
      run('b', 2, 'LINK_TIMEOUT'),
      run('b', 3),
      run('c', 4, 'LINK_TIMEOUT'),
      run('a', 5),
    ];
    expect(figuresOf(runs)).toMatchObject({
      runs: 5,
      boards: 3,
      passed: 2,
      failed: 1,
      reworked: 1,
      firstPassYield: 1 / 3,
      finalYield: 2 / 3,
    });
  });

  it('gives every board of its own that failed before its MAC was known', () => {
    expect(figuresOf([run(undefined, 1, 'CHIP_NO_ANSWER'), run(undefined, 2, 'CHIP_NO_ANSWER')]).boards).toBe(
      2,
    );
  });

  it('leaves breaks out of takt and pace', () => {
    const shift = [run('a', 1), run('b', 2), run('c', 3), run('d', 63), run('e', 64)];
    const { taktMs, boardsPerHour } = figuresOf(shift);
    expect(taktMs).toBe(MINUTE);
    expect(boardsPerHour).toBeCloseTo((5 * 3600) / (10 + 2 * 60 + 10 + 60), 5);
  });

  it('gives two boards with a break between them the pace of one', () => {
    const { taktMs, boardsPerHour } = figuresOf([run('a', 1), run('b', 61)]);
    expect(taktMs).toBeUndefined();
    expect(boardsPerHour).toBeCloseTo(3600 / 10, 5);
  });

  it('does not count boards that needed nothing as work', () => {
    const { runMs, stages } = figuresOf([
      run('a', 1),
      run('a', 2, undefined, { alreadyDone: true, startedMs: 2 * MINUTE }),
    ]);
    expect(runMs).toBe(10_000);
    expect(stages).toEqual([
      { stage: 'connect', count: 1, medianMs: 1000, p95Ms: 1000 },
      { stage: 'write', count: 1, medianMs: 5000, p95Ms: 5000 },
    ]);
  });

  it('ranks the causes of failure', () => {
    const runs = [
      ...Array.from({ length: 3 }, (_, at) => run('a', at, 'LINK_TIMEOUT')),
      run('b', 9, 'VERIFY_MISMATCH'),
    ];
    expect(figuresOf(runs).failures).toEqual([
      { code: 'LINK_TIMEOUT', stage: 'write', count: 3, share: 0.75, cumulative: 0.75 },
      { code: 'VERIFY_MISMATCH', stage: 'write', count: 1, share: 0.25, cumulative: 1 },
    ]);
  });

  it('says nothing of what it cannot know', () => {
    expect(figuresOf([])).toEqual({
      runs: 0,
      boards: 0,
      passed: 0,
      failed: 0,
      reworked: 0,
      alreadyDone: 0,
      failures: [],
      stages: [],
    });
  });
});

it('figuresBy sorts slots by number', () => {
  const runs = [2, 10, 1].map((slot) => ({ ...run(`m${slot}`, slot), slot }));
  expect([...figuresBy(runs, ({ slot }) => `slot ${slot}`).keys()]).toEqual(['slot 1', 'slot 2', 'slot 10']);
});

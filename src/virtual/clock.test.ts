import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CALM_CLOCK, REAL_CLOCK, type Clock } from './clock.js';

const CLOCKS: [string, Clock][] = [
  ['the spinning clock', REAL_CLOCK],
  ['the calm clock', CALM_CLOCK],
];

describe.each(CLOCKS)('%s', (_, clock) => {
  it('calls at the moment, never before and never at once', async () => {
    const start = clock.now();
    // A loop that was busy does not make a timer come early.
    while (clock.now() - start < 4);
    const moments = [-1, 4.4, 7, 11.3].map((ms) => start + ms);
    const lateMs: number[] = [];
    for (const moment of moments) clock.at(moment, () => lateMs.push(clock.now() - moment));
    expect(lateMs).toEqual([]);
    while (lateMs.length < moments.length) await sleep(1);
    expect(Math.min(...lateMs)).toBeGreaterThan(-0.1);
  });

  it('does not call what was taken back', async () => {
    let calls = 0;
    for (const waitMs of [0, 2, 30]) clock.at(clock.now() + waitMs, () => calls++)();
    await sleep(60);
    expect(calls).toBe(0);
  });
});

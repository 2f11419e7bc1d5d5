import { expect, it } from 'vitest';
import { pauseMs, PUSH_PACE } from './pace.js';

it('pauses double from five seconds to ten minutes, each a quarter shorter or longer at most', () => {
  expect([1, 2, 3, 7, 8, 1000].map((failures) => pauseMs(failures, PUSH_PACE, 0.5))).toEqual([
    5_000, 10_000, 20_000, 320_000, 600_000, 600_000,
  ]);
  expect([pauseMs(1, PUSH_PACE, 0), pauseMs(1, PUSH_PACE, 1)]).toEqual([3_750, 6_250]);
});

it('a claim outlives a try, so that nobody takes over what is still being delivered', () => {
  expect(PUSH_PACE.leaseMs).toBeGreaterThan(2 * PUSH_PACE.timeoutMs);
});

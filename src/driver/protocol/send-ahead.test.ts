// How much goes out before the first answer: never more than a UART keeps while the loader is busy.
import { describe, expect, it } from 'vitest';
import { batchesOf, type Queued } from './request.js';

const quick = (bytes: number): Queued => ({ bytes, isQuick: true });
const slow = (bytes: number): Queued => ({ bytes, isQuick: false });
const sizes = (items: readonly Queued[]): number[][] =>
  batchesOf(items, (item) => item).map((batch) => batch.map(({ bytes }) => bytes));

describe('what is sent ahead', () => {
  it('is all of what a loader takes as it comes', () => {
    expect(sizes([quick(26), quick(666), quick(14)])).toEqual([[26, 666, 14]]);
  });

  it('is no more than waits in 120 bytes behind something that keeps the loader busy', () => {
    expect(sizes([slow(26), slow(60), quick(60), quick(14)])).toEqual([[26, 60, 60], [14]]);
  });

  it('does not count the frame that the loader is busy with', () => {
    expect(sizes([slow(500), slow(120), slow(26), slow(100)])).toEqual([
      [500, 120],
      [26, 100],
    ]);
  });

  it('keeps the order and loses nothing', () => {
    const items = [slow(70), quick(70), slow(70), quick(70)];
    expect(sizes(items).flat()).toEqual([70, 70, 70, 70]);
  });
});

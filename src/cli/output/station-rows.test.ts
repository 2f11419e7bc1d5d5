import { describe, expect, it } from 'vitest';
import type { SlotState } from '../../station/index.js';
import { fitSlots } from './station-rows.js';

const empty: SlotState = { state: 'empty' };
const settling: SlotState = { state: 'settling', port: 'p' };
const waiting: SlotState = { state: 'waiting', port: 'p', for: 'clear' };

describe('slots on a terminal', () => {
  it('are all shown, by number, where they fit', () => {
    const slots = new Map<number, SlotState>([
      [2, empty],
      [1, settling],
    ]);
    expect(fitSlots(slots, 2)).toEqual({
      shown: [
        [1, settling],
        [2, empty],
      ],
      rest: undefined,
    });
  });

  it('leave out those that need nobody, and say how many', () => {
    const slots = new Map<number, SlotState>();
    for (let slot = 1; slot <= 32; slot++) slots.set(slot, slot % 4 === 0 ? settling : empty);
    slots.set(31, waiting);
    const { shown, rest } = fitSlots(slots, 8);
    expect(shown.map(([slot]) => slot)).toEqual([4, 8, 12, 16, 20, 24, 31]);
    expect(rest).toBe('and 2 settling, 23 empty');
  });

  it('show one at least', () => {
    expect(
      fitSlots(
        new Map<number, SlotState>([
          [1, empty],
          [2, waiting],
        ]),
        0,
      ).shown,
    ).toEqual([[2, waiting]]);
  });
});

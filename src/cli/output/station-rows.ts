// Which slots a terminal shows that has fewer lines than the station has slots: those that somebody should look at.
import type { SlotState } from '../../station/index.js';

/** The first ones are the last to be left out. */
const BY_NEED: readonly SlotState['state'][] = [
  'failed',
  'waiting',
  'running',
  'settling',
  'passed',
  'empty',
];

export interface ShownSlots {
  /** By number. */
  readonly shown: readonly (readonly [number, SlotState])[];
  /** What is left out, in words; undefined where nothing is. */
  readonly rest: string | undefined;
}

/** @param lines that the terminal has for them, the one for what is left out among them; at least one slot is shown */
export function fitSlots(slots: ReadonlyMap<number, SlotState>, lines: number): ShownSlots {
  const all = [...slots].sort(([a], [b]) => a - b);
  if (all.length <= lines) return { shown: all, rest: undefined };
  const urgent = [...all].sort(([, a], [, b]) => needOf(a) - needOf(b));
  const kept = new Set(urgent.slice(0, Math.max(1, lines - 1)).map(([slot]) => slot));
  const hidden = all.filter(([slot]) => !kept.has(slot)).map(([, { state }]) => state);
  const counts = BY_NEED.flatMap((state) => {
    const count = hidden.filter((other) => other === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return { shown: all.filter(([slot]) => kept.has(slot)), rest: `and ${counts.join(', ')}` };
}

function needOf({ state }: SlotState): number {
  return BY_NEED.indexOf(state);
}

// One slot as the station keeps it: what its state does not show.
import type { SlotState } from './events.js';
import type { GuardedRun } from './guarded-run.js';

export interface Slot {
  readonly number: number;
  state: SlotState;
  /** Of the board that is there now. */
  runs: number;
  pauses: number;
  running: GuardedRun | undefined;
  timer: NodeJS.Timeout | undefined;
  /** A stop rule holds it until somebody has looked. */
  blocked: boolean;
  /** The new name of its board's port, given while the run goes on. */
  renamed: string | undefined;
  /** A board that came while the run of the one before had not ended yet. */
  next: string | undefined;
}

export function emptySlot(number: number): Slot {
  return {
    number,
    state: { state: 'empty' },
    runs: 0,
    pauses: 0,
    running: undefined,
    timer: undefined,
    blocked: false,
    renamed: undefined,
    next: undefined,
  };
}

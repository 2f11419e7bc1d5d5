// Time for the virtual board: what it is now, and to be called at a later moment.
import { performance } from 'node:perf_hooks';

export interface Clock {
  /** Milliseconds, monotonic, with fractions. */
  now(): number;
  /** Calls `run` at that moment; the result cancels it. A moment that is past means soon, never at once. */
  at(moment: number, run: () => void): () => void;
}

/** Below this many ms a timer is too coarse: the event loop is polled instead. */
const TIMER_GRAIN_MS = 1.2;

/** The process's clock. Timers of Node are whole milliseconds; the last part of a wait is spun. */
export const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  at(moment, run) {
    let timer: NodeJS.Timeout | undefined;
    let poll: NodeJS.Immediate | undefined;
    const wait = (): void => {
      const left = moment - performance.now();
      if (left <= 0.02) run();
      else if (left > TIMER_GRAIN_MS) timer = setTimeout(wait, left - TIMER_GRAIN_MS + 0.2);
      else poll = setImmediate(wait);
    };
    poll = setImmediate(wait);
    return () => {
      if (timer !== undefined) clearTimeout(timer);
      if (poll !== undefined) clearImmediate(poll);
    };
  },
};

/**
 * The same in whole milliseconds, rounded up and never spun for: for a process that serves many boards and is to leave
 * the processor to the program that they are made for. Each wait of a board is up to a millisecond longer, none shorter.
 */
export const CALM_CLOCK: Clock = {
  now: () => performance.now(),
  at(moment, run) {
    let timer: NodeJS.Timeout | undefined;
    // A timer counts from when the loop last looked at the clock, so it may come too early.
    const wait = (): void => {
      const left = moment - performance.now();
      if (left <= 0) run();
      else timer = setTimeout(wait, Math.ceil(left));
    };
    const first = setImmediate(wait);
    return () => {
      clearImmediate(first);
      clearTimeout(timer);
    };
  },
};

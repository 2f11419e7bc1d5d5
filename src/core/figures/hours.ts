// What each hour of a period brought: boards by their last result, with the hours without boards shown as such.
import { offsetMs, type Zone } from '../zone-clock.js';
import { byBoard, type RunOutcome } from './figures.js';

export interface HourCount {
  /** Milliseconds since 1970. */
  readonly startMs: number;
  /** Boards whose last run ended in this hour. */
  readonly passed: number;
  readonly failed: number;
}

export const HOUR_MS = 3_600_000;
/** A longer period is shown by its last hours. */
const MOST_HOURS = 7 * 24;

/**
 * Every hour from the first with a result to `nowMs`, a week of them at most.
 *
 * @param zone whose clocks say when an hour begins: there are zones at half and quarter hours
 */
export function hoursOf(runs: readonly RunOutcome[], nowMs: number, zone: Zone): HourCount[] {
  const last = byBoard(runs.toSorted((a, b) => a.endedMs - b.endedMs)).flatMap((board) => board.at(-1) ?? []);
  const phaseMs = offsetMs(nowMs, zone) % HOUR_MS;
  const hourOf = (ms: number): number => Math.floor((ms + phaseMs) / HOUR_MS);
  const newest = hourOf(nowMs);
  const first = Math.max(newest - MOST_HOURS + 1, Math.min(newest + 1, ...hoursIn(last, hourOf)));
  const hours = Array.from({ length: newest - first + 1 }, (_, index) => ({
    startMs: (first + index) * HOUR_MS - phaseMs,
    passed: 0,
    failed: 0,
  }));
  for (const { endedMs, passed } of last) {
    const hour = hours[hourOf(endedMs) - first];
    if (hour !== undefined) hour[passed ? 'passed' : 'failed'] += 1;
  }
  return hours;
}

/** The different hours: few, however many boards there are. */
function hoursIn(runs: readonly RunOutcome[], hourOf: (ms: number) => number): Set<number> {
  return new Set(runs.map(({ endedMs }) => hourOf(endedMs)));
}

// Long work in pieces: everybody else has the event loop in between, boards above all.
import { setImmediate as nextLoop } from 'node:timers/promises';

/** Of one piece; far below what a board or a person would notice. */
const LONGEST_PIECE_MS = 10;

/** Lets everybody else have their turn. */
export function nextTurn(): Promise<void> {
  return nextLoop();
}

/** What `work` yields, a piece of it at a time. @throws what `work` throws */
export async function collectInTurns<T>(work: Iterable<T>): Promise<T[]> {
  const found: T[] = [];
  let beganAt = performance.now();
  for (const item of work) {
    found.push(item);
    if (performance.now() - beganAt < LONGEST_PIECE_MS) continue;
    await nextTurn();
    beganAt = performance.now();
  }
  return found;
}

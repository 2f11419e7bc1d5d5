// The time of a run: its own work counts, and the wait for others does not.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OperatorAction, ProvisionEvent } from '../core/stages.js';
import { RunDeadline } from './run-deadline.js';

const action = (name: OperatorAction): ProvisionEvent => ({ type: 'action', port: 'p', action: name });
const attempt: ProvisionEvent = { type: 'attempt', port: 'p', attempt: 1, of: 3 };

describe('the deadline of a run', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['wps-turn', attempt],
    ['smartconfig-turn', action('smartconfig')],
  ] as const)('stands still from %s until the board has its turn, and then goes on', (turn, begins) => {
    const deadline = new RunDeadline(1000);
    vi.advanceTimersByTime(600);
    deadline.follow(action(turn));
    vi.advanceTimersByTime(3_600_000);
    expect(deadline.signal.aborted).toBe(false);
    deadline.follow(begins);
    vi.advanceTimersByTime(399);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(2);
    expect(deadline.signal.aborted).toBe(true);
  });

  it('is not lengthened by what a run asks of a person, and rings no more once the run has ended', () => {
    const deadline = new RunDeadline(1000);
    deadline.follow(attempt);
    deadline.follow(action('wps-button'));
    vi.advanceTimersByTime(1001);
    expect(deadline.signal.aborted).toBe(true);
    const ended = new RunDeadline(1000);
    ended.close();
    vi.advanceTimersByTime(2000);
    expect(ended.signal.aborted).toBe(false);
  });
});

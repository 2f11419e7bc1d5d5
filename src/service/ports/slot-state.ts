// The one state of a slot, folded from all that is known of it: what is plugged in, what runs, what the last result was.
import type { PortState } from '../contract/index.js';

/** What is known of a slot. */
export type SlotFacts = Pick<PortState, 'present' | 'inspecting' | 'waiting' | 'held' | 'job'>;

/** Pure: the same facts give the same state, for tiles, for other programs, and for the page's own tests. */
export function slotState({ present, inspecting, waiting, job }: SlotFacts): PortState['state'] {
  if (job?.state === 'running') return job.scanning === true ? 'scanning' : 'running';
  if (waiting === 'clear') return 'held';
  // The board goes on by itself as soon as it may: whatever its last run said, nothing is to be done.
  if (waiting !== undefined && waiting !== 'start') return 'waiting';
  if (job !== undefined) return job.state === 'cancelled' ? 'stopped' : job.state;
  if (inspecting) return 'reading';
  return present ? 'ready' : 'empty';
}

// What every way of showing a station shares: its interface, and words for modes and batches.
import { printable } from './printable.js';
import { actionText } from './action-text.js';
import { shownTime } from './format.js';
import type { PendingAction, SlotState, StationEvent, StationMode } from '../../station/index.js';
import type { Away, Batch, StationReserve } from '../../registry/index.js';

export interface StationReporter {
  event(event: StationEvent): void;
  /** The batch as the database counts it now. */
  batch(batch: Batch): void;
  /** The database cannot be asked: what this station has done of the batch since. */
  away(away: Away): void;
  /** Something for the operator that is no event. */
  note(text: string): void;
  /** The operator is typing this line; nobody else shows it. */
  typing(line: string): void;
  /** Whether `typing` is shown. */
  readonly showsTyping: boolean;
  /** Leaves the terminal as it should stay. */
  finish(): void;
}

/** Of a slot that the same failure has stopped. */
export const HELD = 'held: look at this slot, then type its number';

export function modeText(mode: StationMode): string {
  if (mode.mode !== 'paused') return mode.mode;
  const { reason } = mode;
  switch (reason.by) {
    case 'operator':
      return `paused${reason.text === '' ? '' : `: ${reason.text}`}; r resumes`;
    case 'rule':
      return `paused: ${reason.count} times ${reason.code} in a row; find the cause, then r resumes`;
    case 'batch':
      return `paused: ${reason.text}`;
  }
}

/** Why a board that is there is not worked on, and what ends it. */
export function waitingText({ for: cause, last }: Extract<SlotState, { state: 'waiting' }>): string {
  const why = last === undefined ? '' : ` (${last.code})`;
  switch (cause) {
    case 'start':
      return 'waits for the start key: Enter';
    case 'seat':
      return 'waits for its turn';
    case 'station':
      return 'waits for the station to go on';
    case 'retry':
      return `is tried again${why}`;
    case 'registry':
      return `waits for the registry${why}`;
    case 'batch':
      return `waits for a place in the batch${why}`;
    case 'clear':
      return HELD;
  }
}

/** What a board that runs waits for. */
export function pendingText({ what, until }: PendingAction): string {
  return actionText(what, until === undefined ? undefined : Date.parse(until) - Date.now());
}

export function batchLine({ name, state, quantity, counts }: Batch): string {
  const { passed, reworked, failed, inWork, held } = counts;
  const rest = [
    reworked > 0 ? `${reworked} reworked` : '',
    failed > 0 ? `${failed} failed` : '',
    inWork > 0 ? `${inWork} in work` : '',
    held > 0 ? `${held} reserved` : '',
    state === 'open' ? '' : state,
  ].filter((text) => text !== '');
  return `batch ${name}: ${passed} of ${quantity}${rest.length === 0 ? '' : ` (${rest.join(', ')})`}`;
}

/** Who reserves units, and whether the database hears of it. */
export function reserveLine({ station, units, since, inReach }: StationReserve): string {
  const reach = inReach ? 'in reach' : 'OUT OF REACH';
  return `  reserved          ${units} by ${printable(station)}, ${reach}, since ${shownTime(since)}`;
}

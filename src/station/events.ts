// What a station tells: the state of each slot, and what happens at it. One union for terminal, pipe, JSON and page.
import type { ErrorCode } from '../core/errors/index.js';
import type { Failed, OperatorAction, Passed, ProvisionResult, Stage } from '../core/stages.js';

/** Why a board that is there is not being worked on. */
export type WaitingFor =
  /** The start key. */
  | 'start'
  /** One of the boards that run now: no more of them may run at once. */
  | 'seat'
  /** The station to go on: it is paused or draining. */
  | 'station'
  /** Another run after a failure. */
  | 'retry'
  /** The registry to come back. */
  | 'registry'
  /** A place in the batch: all of them are taken, and not all of those boards are good yet. */
  | 'batch'
  /** A person to look at the slot: it has failed too often in the same way. */
  | 'clear';

export type SlotState =
  | { readonly state: 'empty'; readonly last?: ProvisionResult }
  /** Plugged in, and not yet there for long enough. */
  | { readonly state: 'settling'; readonly port: string }
  | { readonly state: 'waiting'; readonly port: string; readonly for: WaitingFor; readonly last?: Failed }
  | RunningSlot
  /** Done: remove the board. */
  | { readonly state: 'passed'; readonly port: string; readonly result: Passed }
  | { readonly state: 'failed'; readonly port: string; readonly result: Failed };

export interface PendingAction {
  readonly what: OperatorAction;
  /** ISO 8601 in UTC; absent: as long as others take. */
  readonly until?: string;
}

export interface RunningSlot {
  readonly state: 'running';
  readonly port: string;
  /** From 1; counts the runs of this board, each of them with its own tries. */
  readonly run: number;
  readonly attempt: number;
  readonly stage: Stage;
  readonly percent?: number;
  readonly mac?: string;
  readonly uuid?: string;
  /** The board was unplugged while it ran. */
  readonly removed: boolean;
  /** What its stage waits for. */
  readonly action?: PendingAction;
  /** The board is proven; its unit waits for the scan of its label. */
  readonly scanning: boolean;
}

export type PauseReason =
  | { readonly by: 'operator'; readonly text: string }
  /** The same code came too often in a row. */
  | { readonly by: 'rule'; readonly code: ErrorCode; readonly count: number }
  /** The batch takes no more boards. */
  | { readonly by: 'batch'; readonly code: ErrorCode; readonly text: string };

export type StationMode =
  | { readonly mode: 'running' }
  | { readonly mode: 'paused'; readonly reason: PauseReason }
  /** Boards that run are finished, no other is begun. */
  | { readonly mode: 'draining' }
  | { readonly mode: 'stopped' };

/** One run of one board, for the registry's statistics. */
export interface EndedRun {
  readonly slot: number;
  readonly result: ProvisionResult;
  /** Of this board, from 1. */
  readonly run: number;
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
}

export type StationEvent =
  | ({ readonly type: 'slot'; readonly slot: number } & SlotState)
  | { readonly type: 'progress'; readonly slot: number; readonly stage: Stage; readonly percent: number }
  | {
      readonly type: 'warning';
      readonly slot: number;
      readonly port: string;
      readonly code: string;
      readonly message: string;
    }
  | ({ readonly type: 'ended' } & EndedRun)
  | { readonly type: 'blocked'; readonly slot: number; readonly code: ErrorCode; readonly count: number }
  | ({ readonly type: 'station' } & StationMode);

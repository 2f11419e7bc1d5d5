// What all servers of virtual boards share: their handle, and what a host's leaving does to the board.
import { EspmintError } from '../../core/errors/index.js';
import type { VirtualBoard } from '../board.js';

/** A way to a board that is open to other programs. */
export interface BoardServer {
  /** What a client opens: a URL or a device path. */
  readonly url: string;
  /** Stops listening and puts clients out. May be called again. */
  close(): Promise<void>;
}

/**
 * What happens when a client leaves a link without modem lines.
 * - `reset`: the board is power-cycled into its loader, so that the next client can begin.
 * - `keep`: it stays as it is (a running stub, an application).
 */
export type LeavePolicy = 'reset' | 'keep';

/**
 * Without modem lines a client cannot reset the board: it waits in its loader, for one that flashes; or in its
 * application, where that is one to speak to.
 */
export function awaitClient(board: VirtualBoard): void {
  board.powerCycle(board.speaksToUsers ? 'application' : 'download', { quiet: true });
}

export function leaveBoard(board: VirtualBoard, policy: LeavePolicy): void {
  if (policy === 'reset') awaitClient(board);
}

export function listenFailed(url: string, error: unknown): EspmintError {
  const reason = error instanceof Error ? error.message : String(error);
  return new EspmintError('VIRTUAL_LISTEN_FAILED', { url, reason }, { cause: error });
}

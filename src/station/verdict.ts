// What a failed run says: something of the board, or only that now is not the time.
import { CATALOG, EXIT, type ErrorCode } from '../core/errors/index.js';
import type { Failed, ProvisionResult } from '../core/stages.js';

/** The batch takes no board now: the station waits, and its boards with it. */
const BATCH_SHUT: readonly ErrorCode[] = ['BATCH_FULL', 'BATCH_NOT_OPEN'];

export function isBatchShut(code: ErrorCode): boolean {
  return BATCH_SHUT.includes(code);
}

/** An outage, a full batch or an operator who stops say nothing of a board: such a run is not counted. */
export function isVerdict(result: ProvisionResult): boolean {
  if (result.ok) return true;
  return result.code !== 'CANCELLED' && CATALOG[result.code].exit !== EXIT.registry;
}

/** What another run of the board would wait for; undefined for what a new run by itself cannot cure. */
export function causeOfAnotherRun({
  code,
  stage,
  retryable,
}: Failed): 'retry' | 'registry' | 'batch' | undefined {
  if (!retryable || code === 'CANCELLED' || code === 'WPS_WINDOW_OVER') return undefined;
  // The board is proven; printer and label need a person.
  if (CATALOG[code].exit !== EXIT.registry) return stage === 'confirm' ? undefined : 'retry';
  return code === 'BATCH_BUSY' ? 'batch' : 'registry';
}

/** What the driver meets when somebody pulls the board: the end of the link, or a port that is no more. */
const LOST_BOARD: readonly ErrorCode[] = [
  'LINK_CLOSED',
  'LINK_TIMEOUT',
  'PORT_NOT_FOUND',
  'PORT_UNREACHABLE',
];

/** A link ends a moment before its port is seen to be gone: such a run waits for a look at the port. */
export function mayBePulled(result: ProvisionResult): boolean {
  return !result.ok && LOST_BOARD.includes(result.code);
}

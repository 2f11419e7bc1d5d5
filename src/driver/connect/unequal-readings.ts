// What follows where two readings of one thing differ: an answer was damaged on its way in a form that still was an answer.
// Such a thing is read again, or the link is blamed; nothing is concluded about the board.
import { EspmintError } from '../../core/errors/index.js';
import type { Loader } from '../protocol/loader.js';

/**
 * To be called where two readings differ. Returns where they are to be read again.
 * @param pairs compared so far. @param tries pairs to compare at most: 1 where a lower rate is left to try.
 * @throws LINK_DAMAGED where that was the last pair
 */
export function readingsDiffer(
  loader: Loader,
  what: string,
  pairs: number,
  tries = loader.repeatTries,
): void {
  loader.hasErred = true;
  if (pairs >= tries) throw damagedLink(loader, `two readings of ${what} differ`);
}

export function damagedLink({ link }: Loader, reason: string): EspmintError<'LINK_DAMAGED'> {
  return new EspmintError('LINK_DAMAGED', { port: link.address, baud: link.baud, reason });
}

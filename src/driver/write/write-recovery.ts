// After a round of a write that failed: whether another may be tried, and a link that is fit for it.
import { EspmintError, isEspmintError } from '../../core/errors/index.js';
import type { Region } from './md5.js';
import { isBadLink, type Session } from '../connect/session.js';

/**
 * Rounds of compare and write: enough for two at each rate. A new round proves first what the last one left behind.
 */
const ROUNDS = 6;

/** After a failed round: makes the link fit for another, or gives up. */
export async function mendOrThrow(
  session: Session,
  region: Region,
  error: unknown,
  round: number,
): Promise<void> {
  if (!isEspmintError(error) || !isBadLink(error)) throw error;
  const reason = isEspmintError(error, 'LOADER_REFUSED') ? error.details.meaning : error.code;
  if (round >= ROUNDS)
    throw isEspmintError(error, 'LOADER_REFUSED') ? writeFailure(session, region, reason, error) : error;
  session.onEvent?.({ type: 'retry', what: 'write', reason });
  // Once is bad luck: the loader is found again where it is. Twice is a bad link, for as long as there are lower rates.
  if (round > 1 && session.canFallBack) await session.recover(error);
  else await resyncOrRecover(session, error);
}

async function resyncOrRecover(session: Session, error: EspmintError): Promise<void> {
  try {
    await session.loader.resync(error);
  } catch (lost) {
    if (lost !== error) throw lost;
    if (session.canFallBack) await session.recover(error);
    else await session.reconnect();
  }
}

function writeFailure(session: Session, region: Region, reason: string, cause: EspmintError): EspmintError {
  const { offsetBytes: offset, sizeBytes: size } = region;
  const details = { port: session.link.address, offset, size, reason };
  return new EspmintError('FLASH_WRITE_FAILED', details, { cause });
}

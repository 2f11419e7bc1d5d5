// The end of connections to a server that may no longer answer: it does not close its side either, and is not waited for.
import type pg from 'pg';

const GOODBYE_MS = 500;
/** After a stop signal, for an answer that is still owed: what must not be lost is on this disk. */
export const LAST_ANSWER_MS = 1_500;

/**
 * Ends connections in good order, or cuts them where the server does not answer. Never throws.
 *
 * @param end asks the server to close its side, and waits for that
 * @param clients the connections that are cut. @returns undefined where they were
 */
export async function endOrCut<T>(
  end: () => Promise<T>,
  clients: Iterable<pg.Client>,
  timeoutMs = GOODBYE_MS,
): Promise<T | undefined> {
  const timer = setTimeout(() => {
    for (const client of clients) cut(client);
  }, timeoutMs);
  const ended = await end().catch(() => undefined);
  clearTimeout(timer);
  return ended;
}

/** For whoever waits for it the connection is lost. */
export function cut({ connection }: pg.Client): void {
  connection.stream.destroy();
}

/** Calls `then` where a stop signal came and what began has not ended soon after. @returns says that it has ended */
export function afterStop(signal: AbortSignal | undefined, then: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => void (timer = setTimeout(then, LAST_ANSWER_MS));
  if (signal?.aborted === true) begin();
  else signal?.addEventListener('abort', begin, { once: true });
  return () => {
    signal?.removeEventListener('abort', begin);
    clearTimeout(timer);
  };
}

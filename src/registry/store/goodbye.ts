// The end of connections to a server that may no longer answer: it does not close its side either, and is not waited for.
import type pg from 'pg';

const GOODBYE_MS = 500;

/**
 * Ends connections in good order, or cuts them where the server does not answer. Never throws.
 *
 * @param end asks the server to close its side, and waits for that
 * @param clients the connections that are cut
 */
export async function endOrCut(end: () => Promise<unknown>, clients: Iterable<pg.Client>): Promise<void> {
  const timer = setTimeout(() => {
    for (const { connection } of clients) connection.stream.destroy();
  }, GOODBYE_MS);
  await end().catch(() => undefined);
  clearTimeout(timer);
}

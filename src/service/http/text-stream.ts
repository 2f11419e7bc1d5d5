// Text that is made while it is sent: begun before its head goes out, so that what fails at once is an answer of its own.
import { Readable } from 'node:stream';

/** The head of a table and what comes first in it: with both, the first page has been read. */
const LINES_AHEAD = 2;

/**
 * @throws what the first lines throw: no caller gets a 200 with a text that breaks off for a wrong filter, or for a
 *   database that is away
 */
export async function streamText(lines: AsyncGenerator<string>): Promise<Readable> {
  const ahead: string[] = [];
  while (ahead.length < LINES_AHEAD) {
    const next: IteratorResult<string, unknown> = await lines.next();
    if (next.done === true) break;
    ahead.push(next.value);
  }
  return Readable.from(
    (async function* () {
      yield* ahead;
      yield* lines;
    })(),
  );
}

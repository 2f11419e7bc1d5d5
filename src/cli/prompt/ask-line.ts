// One question to the person at the terminal.
import { createInterface } from 'node:readline';
import { EspmintError, invalidInput } from '../../core/errors/index.js';
import { typedFault } from '../arguments/texts.js';
import type { CliIo } from '../io.js';

/** More than any answer has. */
const MOST_CHARACTERS = 1_000;

/**
 * Asks until a line has something in it that can be kept.
 *
 * @param instead the option that says the same without a terminal
 * @throws INPUT_INVALID when nobody sits at a terminal, CANCELLED when the input ends or the program is stopped
 */
export async function askLine(io: CliIo, question: string, instead: string): Promise<string> {
  if (!('isTTY' in io.stdin && io.stdin.isTTY === true)) {
    throw invalidInput(instead, 'is missing, and there is no terminal to ask at', 'give it');
  }
  const lines = createInterface({ input: io.stdin });
  io.stderr(question);
  const cancelled = new EspmintError('CANCELLED', { what: 'The question' });
  try {
    return await new Promise<string>((resolve, reject) => {
      const stop = (): void => reject(cancelled);
      io.signal.addEventListener('abort', stop, { once: true });
      lines.once('close', () => {
        io.signal.removeEventListener('abort', stop);
        stop();
      });
      lines.on('line', (line) => {
        const fault = faultOf(line);
        if (line.trim() !== '' && fault === undefined) resolve(line.trim());
        else io.stderr(fault === undefined ? question : `The answer ${fault}.\n${question}`);
      });
      if (io.signal.aborted) stop();
    });
  } finally {
    lines.close();
  }
}

/** Of a line that comes from keys of a terminal: arrows and the like leave control characters in it. */
function faultOf(line: string): string | undefined {
  if (line.length > MOST_CHARACTERS) return `has more than ${MOST_CHARACTERS} characters`;
  const fault = typedFault(line);
  if (fault !== undefined) return `${fault.reason}; ${fault.hint}`;
  return /\p{Cc}/u.test(line.replaceAll('\t', ' ')) ? 'holds a control character; type it again' : undefined;
}

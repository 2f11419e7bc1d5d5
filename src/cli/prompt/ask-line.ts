// One question to the person at the terminal.
import { createInterface } from 'node:readline';
import { EspmintError } from '../../core/errors/index.js';
import type { CliIo } from '../io.js';

/**
 * Asks until a line has something in it.
 *
 * @param instead the option that says the same without a terminal
 * @throws INPUT_INVALID when nobody sits at a terminal, CANCELLED when the input ends or the program is stopped
 */
export async function askLine(io: CliIo, question: string, instead: string): Promise<string> {
  if (!('isTTY' in io.stdin && io.stdin.isTTY === true)) {
    throw new EspmintError('INPUT_INVALID', {
      field: instead,
      reason: 'is missing, and there is no terminal to ask at',
      hint: 'give it',
    });
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
        if (line.trim() === '') io.stderr(question);
        else resolve(line.trim());
      });
      if (io.signal.aborted) stop();
    });
  } finally {
    lines.close();
  }
}

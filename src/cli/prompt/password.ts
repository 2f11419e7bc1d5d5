// Passwords that people type: from a file, from a pipe, or from the keyboard without showing them.
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { EspmintError, invalidInput } from '../../core/errors/index.js';
import { readSecretFile } from '../../files/index.js';
import { typedFault } from '../arguments/texts.js';
import type { CliIo } from '../io.js';

const MOST_CHARACTERS = 65_536;

/** @throws FILE_UNREADABLE, CANCELLED, INPUT_INVALID (nothing came, or no text, or one without end) */
export async function readPassword(io: CliIo, file: string | undefined): Promise<string> {
  if (file !== undefined) return readSecretFile(file);
  const fromKeyboard = 'isTTY' in io.stdin && io.stdin.isTTY === true;
  if (fromKeyboard) io.stderr('Password (it is not shown): ');
  const line = await firstLine(io, fromKeyboard);
  if (fromKeyboard) io.stderr('\n');
  const fault = line === undefined ? undefined : typedFault(line);
  if (fault !== undefined) throw new EspmintError('INPUT_INVALID', { field: 'The password', ...fault });
  if (line !== undefined) return line;
  throw invalidInput(
    'The password',
    'did not come over standard input',
    'type it, pipe it in, or give --password-file',
  );
}

function firstLine(io: CliIo, hidden: boolean): Promise<string | undefined> {
  // What readline would echo goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: io.stdin, output: nowhere, terminal: hidden });
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(new EspmintError('CANCELLED', { what: 'Reading the password' }));
      lines.close();
    };
    io.signal.addEventListener('abort', onAbort, { once: true });
    let characters = 0;
    io.stdin.on('data', (piece: string | Uint8Array) => {
      characters += piece.length;
      if (characters <= MOST_CHARACTERS) return;
      const hint = 'pipe in one line, or give --password-file';
      reject(invalidInput('The password', 'has no end', hint));
      lines.close();
      io.stdin.destroy();
    });
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('close', () => {
      io.signal.removeEventListener('abort', onAbort);
      resolve(undefined);
    });
    lines.once('SIGINT', onAbort);
  });
}

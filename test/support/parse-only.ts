// Parses command lines with the real commands, and stops before anything is done.
import { buildProgram } from '../../src/cli/program.js';
import { silentIo } from '../../src/cli/reference.js';
import { EspmintError } from '../../src/core/errors/index.js';
import { CommanderError } from 'commander';

class Parsed extends Error {}

/** What espmint would say against this command line, or undefined where it would begin to work. */
export async function refusalOf(args: readonly string[]): Promise<string | undefined> {
  const program = await buildProgram(silentIo(), args);
  program.hook('preAction', () => {
    throw new Parsed();
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof Parsed) return undefined;
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    if (error instanceof EspmintError) return error.message;
    throw error;
  }
  return 'nothing would be done';
}

/** The words of a command line as a shell splits them: quotes, no variables. */
export function shellWords(line: string): string[] {
  const words = line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

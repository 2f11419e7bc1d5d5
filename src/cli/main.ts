// Where a start of the program begins. What its version is needs nothing of the rest.
import { VERSION } from './version.js';

/** Runs one command line of the real process and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    const output = process.stdout.on('error', () => undefined);
    const failure = await new Promise<unknown>((resolve) => output.write(`${VERSION}\n`, resolve));
    // Nobody has to read it; what cannot be written is said by the program as a whole.
    if (!(failure instanceof Error) || ('code' in failure && failure.code === 'EPIPE')) return 0;
  }
  const { runProcess } = await import('./run.js');
  return runProcess(args);
}

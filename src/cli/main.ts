// Where a start of the program begins. What its version is needs nothing of the rest.
import { VERSION } from './version.js';

/** Runs one command line of the real process and returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    // Nobody has to read it.
    process.stdout.on('error', () => undefined).write(`${VERSION}\n`);
    return 0;
  }
  const { runProcess } = await import('./run.js');
  return runProcess(args);
}

// Runs the real esptool as a child process, the way a user would.
import { spawn } from 'node:child_process';
import { PYTHON } from './reference-tools.js';

export interface EsptoolRun {
  readonly exitCode: number | null;
  /** Standard output and standard error in the order they came. */
  readonly output: string;
}

/**
 * @param timeoutMs after which the run is killed and counts as failed.
 * @param python whose esptool it is.
 */
export function runEsptool(
  args: readonly string[],
  timeoutMs = 60_000,
  python = PYTHON,
): Promise<EsptoolRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, ['-m', 'esptool', ...args], {
      env: { ...process.env, PYTHONUNBUFFERED: '1', NO_COLOR: '1', COLUMNS: '200' },
      timeout: timeoutMs,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    child.on('error', reject);
    child.on('close', (exitCode) => {
      resolve({ exitCode, output });
    });
  });
}

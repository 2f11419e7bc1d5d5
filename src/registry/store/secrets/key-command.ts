// Runs the command that prints the master key. The wait for it has an end, whatever it has started: a program of its own
// that runs on keeps its output open.
import { spawn } from 'node:child_process';
import { commandEnvironment } from '../../../core/child-environment.js';

/** Far more than a key. */
const LONGEST_OUTPUT_BYTES = 64 * 1024;
/** For what is still on its way when the command has ended. */
const LAST_OUTPUT_MS = 200;

/**
 * Run by the shell, without an input.
 *
 * @returns what it printed, of a command that ended well
 * @throws Error that names neither the command nor its output: both may hold a secret
 */
export function runKeyCommand(
  command: string,
  { cwd, timeoutMs }: { readonly cwd: string; readonly timeoutMs: number },
): Promise<string> {
  const shell = process.platform === 'win32' ? ['cmd.exe', '/d', '/s', '/c'] : ['/bin/sh', '-c'];
  const [program = '', ...args] = shell;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, command], {
      env: commandEnvironment(process.env),
      cwd,
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let last: NodeJS.Timeout | undefined;
    const finish = (failure?: string): void => {
      clearTimeout(deadline);
      clearTimeout(last);
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.unref();
      if (failure === undefined) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(new Error(`the command ${failure}`));
    };
    const end = (code: number | null): void => finish(code === 0 ? undefined : 'failed');
    const deadline = setTimeout(() => finish('took too long'), timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > LONGEST_OUTPUT_BYTES) finish('printed too much');
    });
    child.on('error', () => finish('could not be run'));
    child.on('exit', (code) => {
      last = setTimeout(end, LAST_OUTPUT_MS, code);
    });
    child.on('close', end);
  });
}

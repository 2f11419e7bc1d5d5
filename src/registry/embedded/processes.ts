// Questions about other processes of this machine.
import { readFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { toolEnvironment } from '../../core/child-environment.js';
import { codeOf } from '../../files/index.js';

/** Whether a process of that id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

const PS_MS = 5_000;

/** The command line of a process, or undefined when it is gone or not to be known. */
export async function commandOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
    return line?.replaceAll('\0', ' ').trim();
  }
  if (process.platform === 'win32') return undefined;
  return new Promise((resolve) => {
    const ps = spawn('ps', ['-p', String(pid), '-o', 'command='], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: toolEnvironment(process.env),
      timeout: PS_MS,
      killSignal: 'SIGKILL',
    });
    let line = '';
    ps.stdout.on('data', (chunk: Buffer) => (line += chunk.toString('utf8')));
    ps.on('error', () => resolve(undefined));
    ps.on('close', () => resolve(line.trim() === '' ? undefined : line.trim()));
  });
}

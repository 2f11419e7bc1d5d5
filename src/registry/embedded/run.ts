// Runs one PostgreSQL program to its end, as the server's account, with an environment that carries no secret.
import { spawn } from 'node:child_process';
import { EspmintError } from '../../core/errors/index.js';
import { shortReason } from '../reason.js';
import type { Account } from './account.js';

export interface RunOptions {
  readonly account: Account | undefined;
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What it reads; nothing by default. */
  readonly input?: string | undefined;
  /** Its output is not read: what it starts keeps it open. */
  readonly isOutputLeft?: boolean;
}

export interface Ran {
  /** Undefined when it was killed or never ran. */
  readonly exitCode: number | undefined;
  /** What it said on both outputs. */
  readonly output: string;
}

/**
 * Our environment may hold keys and passwords, and PG* variables that would change what the programs do: they get
 * none of it. UTC and plain messages, since we read some of them.
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'TEMP'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}

/** Never throws for what the program does; throws CANCELLED when the signal ends it. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  const ran = await new Promise<Ran>((resolve) => {
    let output = '';
    const out = options.isOutputLeft === true ? 'ignore' : 'pipe';
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: serverEnvironment(),
      stdio: [options.input === undefined ? 'ignore' : 'pipe', out, out],
      windowsHide: true,
      signal,
      killSignal: 'SIGKILL',
      ...(options.account ?? {}),
    });
    const take = (chunk: Buffer) => (output += chunk.toString('utf8'));
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    // It may end before it has read all: its exit code tells.
    child.stdin?.on('error', () => undefined).end(options.input);
    child.on('error', (error) => {
      resolve({ exitCode: undefined, output: shortReason(error) });
    });
    child.on('close', (code) => {
      resolve({ exitCode: code ?? undefined, output });
    });
  });
  if (options.signal?.aborted === true) throw new EspmintError('CANCELLED', { what: 'Opening the registry' });
  return ran;
}

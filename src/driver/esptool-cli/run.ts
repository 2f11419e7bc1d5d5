// Runs the user's own esptool as a child process: found, its version checked, with deadline and signal.
import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { isolatedPython, toolEnvironment } from '../../core/child-environment.js';
import { EspmintError } from '../../core/errors/index.js';
import { throwIfAborted } from '../wait.js';
import { parseVersion, type EsptoolVersion } from './output.js';

/** How to call it: a program and what goes before the arguments. */
export type EsptoolCommand = readonly [program: string, ...prefix: string[]];

export interface Esptool {
  readonly command: EsptoolCommand;
  readonly version: EsptoolVersion;
}

const USUAL_COMMANDS: readonly EsptoolCommand[] = [
  ['esptool'],
  ['esptool.py'],
  ['python3', '-m', 'esptool'],
  ['python', '-m', 'esptool'],
];
const OLDEST_MAJOR = 4;
const VERSION_TIMEOUT_MS = 20_000;

/**
 * @param command what the user named; otherwise the usual ways to call it are tried.
 * @throws ESPTOOL_MISSING, ESPTOOL_TOO_OLD, CANCELLED
 */
export async function findEsptool(command?: EsptoolCommand, signal?: AbortSignal): Promise<Esptool> {
  for (const candidate of command === undefined ? USUAL_COMMANDS : [command]) {
    const version = await versionOf(candidate, signal);
    if (version === undefined) continue;
    if (version.major < OLDEST_MAJOR) throw new EspmintError('ESPTOOL_TOO_OLD', { version: version.text });
    return { command: candidate, version };
  }
  throw new EspmintError('ESPTOOL_MISSING', {
    tried: (command ?? ['esptool', 'esptool.py', 'python3 -m esptool']).join(', '),
  });
}

async function versionOf(
  command: EsptoolCommand,
  signal: AbortSignal | undefined,
): Promise<EsptoolVersion | undefined> {
  const result = await runCommand(command, ['version'], { timeoutMs: VERSION_TIMEOUT_MS, signal });
  return result.exitCode === 0 ? parseVersion(result.output) : undefined;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
  /** Where it runs: a folder of ours, or the user's home; never the current one, which may be anybody's. */
  readonly cwd?: string | undefined;
  /** Of which a tool gets what it needs; that of this process when absent. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface RunResult {
  /** null: it could not be started, or was killed at the deadline. */
  readonly exitCode: number | null;
  /** It could not be started at all. */
  readonly isMissing: boolean;
  readonly output: string;
}

/** Output beyond this is cut at its start. */
const KEEP_CHARACTERS = 100_000;
/** A line that is longer is cut in parts: a tool that never ends one must not cost more with each byte. */
const LONGEST_LINE = 4_096;

/** Runs to the end: no shell, none of our variables, Python isolated. @throws CANCELLED */
export async function runCommand(
  command: EsptoolCommand,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const { timeoutMs, signal, onLine, cwd = homedir(), env = process.env } = options;
  throwIfAborted(signal, 'esptool');
  const [program = '', ...all] = isolatedPython([...command, ...args]);
  const child = spawn(placeOf(program), all, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    // One line for each step of progress, and no colours.
    env: {
      ...toolEnvironment(env),
      PYTHONUNBUFFERED: '1',
      NO_COLOR: '1',
      TERM: 'dumb',
      COLUMNS: '200',
    },
  });
  // Programs that it has started itself keep its outputs open: nobody waits for those.
  const kill = (): void => {
    child.kill('SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
  };
  // Not spawn's own timeout: its timer outlives a program that could not be started.
  const deadline = setTimeout(kill, timeoutMs);
  signal?.addEventListener('abort', kill, { once: true });
  let output = '';
  let line = '';
  const take = (text: string): void => {
    output = (output + text).slice(-KEEP_CHARACTERS);
    const parts = (line + text).split(/[\r\n\b]+/);
    line = parts.pop() ?? '';
    if (line.length > LONGEST_LINE) parts.push(line.slice(0, LONGEST_LINE));
    if (line.length > LONGEST_LINE) line = '';
    for (const part of parts) onLine?.(part.trim());
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', take);
  try {
    let isMissing = false;
    const exitCode = await new Promise<number | null>((done) => {
      child.once('error', () => {
        isMissing = true;
        done(null);
      });
      child.once('close', done);
    });
    throwIfAborted(signal, 'esptool');
    return { exitCode, isMissing, output };
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', kill);
  }
}

/** A name is looked for on the search path; a path was written from where the user stands. */
function placeOf(program: string): string {
  return /[\\/]/.test(program) && !isAbsolute(program) ? resolve(program) : program;
}

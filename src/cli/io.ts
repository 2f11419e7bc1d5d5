// What a command may touch of its process, so that tests can run commands without one.
import type { Readable, Writable } from 'node:stream';
import { EspmintError } from '../core/errors/index.js';
import { reasonOf } from '../files/index.js';
import type { Trace } from './compose/trace-file.js';

export interface CliIo {
  /** Results: what another program would read. */
  stdout(text: string): void;
  /**
   * Resolves when whoever reads the results has caught up: output without end stays out of the memory so.
   *
   * @throws OutputClosed when nobody reads them any more, FILE_UNWRITABLE when they cannot be written
   */
  drained(): Promise<void>;
  /** Everything for people: progress, warnings, errors. */
  stderr(text: string): void;
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether stderr is a terminal that can redraw lines. */
  readonly interactive: boolean;
  /** Columns of that terminal, as it is now. */
  readonly columns: number;
  /** Columns of the terminal that stdout goes to, as it is now; Infinity where it goes to a file or another program. */
  readonly outputColumns: number;
  /** Lines of stderr's terminal; absent where nobody tells. */
  readonly rows?: number | undefined;
  /** Records what goes over ports, where `--trace` asked for it: set before a command runs. */
  trace?: Trace | undefined;
  /** Milliseconds for the loader's work on one board; absent: BOARD_TIMEOUT_MS. */
  readonly boardTimeoutMs?: number | undefined;
  /** Aborted by the first SIGINT, SIGTERM, SIGHUP or SIGBREAK; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** For a command that ends normally and still did not succeed (a board failed, a check found a fault). */
  setExitCode(code: number): void;
}

/** Nobody reads the results any more: `espmint devices export | head`. What they were made for is over, not wrong. */
export class OutputClosed extends Error {}

/** Options that every command understands (read them with `command.optsWithGlobals<GlobalOptions>()`). */
export interface GlobalOptions {
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  /** Whether boards are provisioned from the journal while the registry is out of reach. */
  readonly whenRegistryDown?: 'continue' | 'stop';
  /** Folder of the PostgreSQL programs for the embedded server. */
  readonly postgresBin?: string;
  /** Whether keys are sealed in the registry, or readable for consumers of its table. */
  readonly secrets?: 'sealed' | 'plain';
  readonly debug?: boolean;
}

/** Resolves at the first stop signal; what listens keeps the process alive until then. */
export async function untilStopped({ signal }: Pick<CliIo, 'signal'>): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** One JSON Lines record: `type` first, then the rest. */
export function jsonLine<T extends { readonly type: string }>(record: T): string {
  return `${JSON.stringify(record)}\n`;
}

/** The real process as a CliIo; `dispose` takes the signal handlers off again. */
export function processIo(): CliIo & { exitCode(): number; dispose(): void } {
  let code = 0;
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  const output = watchOutput(process.stdout);
  // Nobody reads what is said to people, or the terminal is gone: no reason to leave a board half written.
  process.stderr.on('error', () => undefined);
  return {
    stdout: (text) => void process.stdout.write(text),
    drained: () => output.drained(),
    stderr: (text) => void process.stderr.write(text),
    // Most commands never read it.
    get stdin() {
      return process.stdin;
    },
    env: process.env,
    interactive: process.stderr.isTTY && process.env['TERM'] !== 'dumb',
    get columns() {
      return process.stderr.columns || 80;
    },
    get outputColumns() {
      return process.stdout.isTTY ? process.stdout.columns || 80 : Infinity;
    },
    get rows() {
      return process.stderr.rows || undefined;
    },
    signal: stop.signal,
    setExitCode: (value) => (code = value),
    exitCode: () => code,
    dispose: () => {
      for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
    },
  };
}

/** Ctrl-C, a service manager, a terminal that was closed, and Ctrl-Break of Windows. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const;

/** Without its listener the end of a pipe would end the process in the middle of its work: of a board, for one. */
function watchOutput(stream: Writable): { drained(): Promise<void> } {
  let failure: Error | undefined;
  stream.on('error', (error) => (failure ??= error));
  return {
    async drained() {
      // What comes after all that was written tells of its end, and of a failure that nobody has seen yet.
      if (failure === undefined) await new Promise<void>((resolve) => stream.write('', () => resolve()));
      if (failure === undefined) return;
      if ('code' in failure && failure.code === 'EPIPE') throw new OutputClosed();
      const details = { path: 'standard output', reason: reasonOf(failure) };
      throw new EspmintError('FILE_UNWRITABLE', details, { cause: failure });
    },
  };
}

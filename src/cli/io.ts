// What a command may touch of its process, so that tests can run commands without one.
import type { Readable } from 'node:stream';

export interface CliIo {
  /** Results: what another program would read. */
  stdout(text: string): void;
  /** Everything for people: progress, warnings, errors. */
  stderr(text: string): void;
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether stderr is a terminal that can redraw lines. */
  readonly interactive: boolean;
  /** Columns of that terminal. */
  readonly columns: number;
  /** Aborted by the first SIGINT or SIGTERM; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** For a command that ends normally and still did not succeed (a board failed, a check found a fault). */
  setExitCode(code: number): void;
}

/** Options that every command understands (read them with `command.optsWithGlobals<GlobalOptions>()`). */
export interface GlobalOptions {
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  /** Whether boards are provisioned from the journal while the registry is out of reach. */
  readonly whenRegistryDown?: 'continue' | 'stop';
  /** Whether keys are sealed in the registry, or readable for consumers of its table. */
  readonly secrets?: 'sealed' | 'plain';
  readonly debug?: boolean;
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
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    stdin: process.stdin,
    env: process.env,
    interactive: process.stderr.isTTY && process.env['TERM'] !== 'dumb',
    columns: process.stderr.columns || 80,
    signal: stop.signal,
    setExitCode: (value) => (code = value),
    exitCode: () => code,
    dispose: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}

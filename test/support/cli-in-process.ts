// Runs command lines in this process, with their output kept. A process of its own costs more than most commands: what is
// tested of processes (signals, argument lists, files left open) is run by cli.ts.
import { PassThrough, Readable } from 'node:stream';
import type { CliIo } from '../../src/cli/io.js';
import { runCli } from '../../src/cli/run.js';
import { parseLines, type CliRun, type VirtualBench } from './cli.js';

/** What a shell would see of it; a failure is in `code` and `stderr`. */
export interface InProcessRun extends CliRun {
  readonly code: number;
}

interface InProcessOptions {
  readonly signal?: AbortSignal;
  /** Beside the variables of this process. */
  readonly env?: Record<string, string>;
  readonly stdin?: Readable;
  readonly onStdout?: (text: string) => void;
}

/** Never throws. */
export async function runInProcess(
  args: readonly string[],
  { signal, env, stdin, onStdout }: InProcessOptions = {},
): Promise<InProcessRun> {
  const output = { stdout: '', stderr: '' };
  let code = 0;
  const io: CliIo = {
    stdout: (text) => {
      output.stdout += text;
      onStdout?.(text);
    },
    drained: () => Promise.resolve(),
    stderr: (text) => void (output.stderr += text),
    stdin: stdin ?? Readable.from([]),
    env: env === undefined ? process.env : { ...process.env, ...env },
    interactive: false,
    columns: 80,
    outputColumns: Infinity,
    signal: signal ?? new AbortController().signal,
    setExitCode: (value) => (code = value),
  };
  const failure = await runCli(args, io);
  return { code: failure ?? code, ...output, records: parseLines(output.stdout) };
}

/**
 * Runs `espmint virtual` and waits until `count` boards can be opened. Not for `--pty` and a client in a process of its own:
 * that would inherit the pair, whose hangup then never comes.
 *
 * @throws Error when it ends before
 */
export async function startVirtual(args: readonly string[], count = 1): Promise<VirtualBench> {
  const stdin = new PassThrough();
  let said = '';
  let ready = (): void => undefined;
  const listening = new Promise<void>((resolve) => (ready = resolve));
  const running = runInProcess(['virtual', ...args, '--json'], {
    stdin,
    onStdout: (text) => {
      said += text;
      if (parseLines(said).length === count) ready();
    },
  });
  await Promise.race([
    listening,
    running.then(({ stderr }) => Promise.reject(new Error(`espmint virtual ended early: ${stderr}`))),
  ]);
  const boards = parseLines(said) as unknown as { url: string; mac: string }[];
  return {
    urls: boards.map(({ url }) => url),
    macs: boards.map(({ mac }) => mac),
    close: async () => {
      stdin.end();
      await running;
    },
  };
}

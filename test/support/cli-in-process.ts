// Runs one command line in this process, with its output kept.
import { Readable } from 'node:stream';
import type { CliIo } from '../../src/cli/io.js';
import { runCli } from '../../src/cli/main.js';

export interface InProcessRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never throws: a failure is in `code` and `stderr`, as a shell would see it. */
export async function runInProcess(
  args: readonly string[],
  options: { signal?: AbortSignal } = {},
): Promise<InProcessRun> {
  const output = { stdout: '', stderr: '' };
  let code = 0;
  const io: CliIo = {
    stdout: (text) => void (output.stdout += text),
    drained: () => Promise.resolve(),
    stderr: (text) => void (output.stderr += text),
    stdin: Readable.from([]),
    env: process.env,
    interactive: false,
    columns: 80,
    outputColumns: Infinity,
    signal: options.signal ?? new AbortController().signal,
    setExitCode: (value) => (code = value),
  };
  const failure = await runCli(args, io);
  return { code: failure ?? code, ...output };
}

// One command line: builds the program, runs it, and turns any failure into one sentence and the exit code of its row.
import { CommanderError } from 'commander';
import { EXIT, toEspmintError, type EspmintError } from '../core/errors/index.js';
import { stopReadingAt } from '../files/read.js';
import { tellWhatIsNotPrivate } from '../files/windows-acl.js';
import { jsonLine, OutputClosed, processIo, type CliIo } from './io.js';
import { printable } from './output/printable.js';
import { buildProgram } from './program.js';
import { checkArguments } from './arguments/texts.js';

/** Runs one command line of the real process and returns its exit code. */
export async function runProcess(args: readonly string[]): Promise<number> {
  const io = processIo();
  try {
    const failure = await runCli(args, io);
    return failure ?? io.exitCode();
  } finally {
    io.dispose();
  }
}

/** Runs one command line with the given input and output. Never throws: a failure is reported, its exit code returned. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number | undefined> {
  tellWhatIsNotPrivate((warning) => io.stderr(`espmint: ${warning}\n`));
  stopReadingAt(io.signal);
  try {
    checkArguments(args);
    const program = await buildProgram(io, args);
    program.hook('preAction', async (_, command) => {
      const { trace } = command.opts<{ trace?: string }>();
      if (trace === undefined) return;
      const { openTrace } = await import('./compose/trace-file.js');
      io.trace = await openTrace(trace, (text) => io.stderr(text));
    });
    const code = await program.parseAsync([...args], { from: 'user' }).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.input;
        throw error;
      },
    );
    await io.drained();
    return code;
  } catch (error) {
    if (error instanceof OutputClosed) return EXIT.ok;
    await reportFailure(toEspmintError(error), io, args);
    return toEspmintError(error).exitCode;
  } finally {
    await io.trace?.close();
    io.trace = undefined;
    stopReadingAt(undefined);
    tellWhatIsNotPrivate(undefined);
  }
}

async function reportFailure(error: EspmintError, io: CliIo, args: readonly string[]): Promise<void> {
  const { createMasker } = await import('../core/masking/masker.js');
  const { secretsOf } = await import('./known-secrets.js');
  const masker = createMasker(secretsOf(io.env, args));
  const message = masker.known(error.message);
  if (args.includes('--json')) io.stdout(jsonLine({ type: 'error', code: error.code, message }));
  // It may name what others wrote: a file, a row of the registry, a line of a board.
  io.stderr(`espmint: ${message.split('\n').map(printable).join('\n')} [${error.code}]\n`);
  if (!args.includes('--debug')) return;
  io.stderr(`${masker.known(error.stack ?? '')}\n`);
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    // Other programs' and libraries' own words.
    io.stderr(`Caused by: ${masker.foreign(cause.stack ?? cause.message)}\n`);
  }
}

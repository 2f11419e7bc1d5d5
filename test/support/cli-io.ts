// What a command touches of its process, in a test: silent unless told otherwise, with a person at the terminal or without.
import { PassThrough } from 'node:stream';
import type { CliIo } from '../../src/cli/io.js';

/** Nobody sits there, and nothing is kept of what is printed. */
export function silentIo(changes: Partial<CliIo> = {}): CliIo {
  const nothing = (): void => undefined;
  return {
    stdout: nothing,
    drained: () => Promise.resolve(),
    stderr: nothing,
    stdin: new PassThrough(),
    env: {},
    interactive: false,
    columns: 80,
    outputColumns: Infinity,
    signal: new AbortController().signal,
    setExitCode: nothing,
    ...changes,
  };
}

/** A terminal at which somebody answers each question in turn. */
export function answeringIo(
  answers: readonly string[],
  changes: Partial<CliIo> = {},
): { io: CliIo; asked: string[] } {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const asked: string[] = [];
  const stderr = (text: string): void => {
    const answer = answers[asked.push(text) - 1];
    if (answer !== undefined) setImmediate(() => stdin.write(`${answer}\n`));
  };
  return { io: silentIo({ stdin, stderr, interactive: true, ...changes }), asked };
}

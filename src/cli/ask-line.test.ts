import { PassThrough, Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { askLine } from './ask-line.js';
import type { CliIo } from './io.js';

/** A terminal at which somebody answers each question in turn. */
function terminal(answers: readonly string[], changes: Partial<CliIo> = {}): { io: CliIo; asked: string[] } {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const asked: string[] = [];
  const io: CliIo = {
    stdout: () => undefined,
    drained: () => Promise.resolve(),
    stderr: (text) => {
      const answer = answers[asked.push(text) - 1];
      if (answer !== undefined) setImmediate(() => stdin.write(`${answer}\n`));
    },
    stdin,
    env: {},
    interactive: true,
    columns: 80,
    signal: new AbortController().signal,
    setExitCode: () => undefined,
    ...changes,
  };
  return { io, asked };
}

it('asks again until a line has something in it, and one question after the other', async () => {
  const { io, asked } = terminal(['', '  replace ', 'because']);
  expect(await askLine(io, 'Which? ', '--decision')).toBe('replace');
  expect(await askLine(io, 'Why? ', '--reason')).toBe('because');
  expect(asked).toEqual(['Which? ', 'Which? ', 'Why? ']);
});

it('names the option instead where there is no terminal', async () => {
  const { io } = terminal([], { stdin: Readable.from(['x\n']) });
  await expect(askLine(io, 'Why? ', '--reason')).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    details: { field: '--reason' },
  });
});

it('ends without an answer when the input ends or the program is stopped', async () => {
  const ended = terminal([]);
  setImmediate(() => (ended.io.stdin as PassThrough).end());
  await expect(askLine(ended.io, 'Why? ', '--reason')).rejects.toMatchObject({ code: 'CANCELLED' });
  const stop = new AbortController();
  const stopped = terminal([], { signal: stop.signal });
  setImmediate(() => stop.abort());
  await expect(askLine(stopped.io, 'Why? ', '--reason')).rejects.toMatchObject({ code: 'CANCELLED' });
});

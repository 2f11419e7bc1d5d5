import type { PassThrough } from 'node:stream';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { answeringIo } from '../../../test/support/cli-io.js';
import { askLine } from './ask-line.js';

it('asks again until a line has something in it, and one question after the other', async () => {
  const { io, asked } = answeringIo(['', '  replace ', 'because']);
  expect(await askLine(io, 'Which? ', '--decision')).toBe('replace');
  expect(await askLine(io, 'Why? ', '--reason')).toBe('because');
  expect(asked).toEqual(['Which? ', 'Which? ', 'Why? ']);
});

it('asks again after an answer that nothing can keep', async () => {
  const answers = ['\u001b[A', 'a\0b', 'x'.repeat(1_001), 'caf\uFFFD', 'gut, 名前 😀'];
  const { io, asked } = answeringIo(answers);
  expect(await askLine(io, 'Why? ', '--reason')).toBe('gut, 名前 😀');
  expect(asked).toHaveLength(answers.length);
  expect(asked.join('')).toMatch(/control character.*zero byte.*1000 characters.*no UTF-8/s);
});

it('names the option instead where there is no terminal', async () => {
  const { io } = answeringIo([], { stdin: Readable.from(['x\n']) });
  await expect(askLine(io, 'Why? ', '--reason')).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    details: { field: '--reason' },
  });
});

it('ends without an answer when the input ends or the program is stopped', async () => {
  const ended = answeringIo([]);
  setImmediate(() => (ended.io.stdin as PassThrough).end());
  await expect(askLine(ended.io, 'Why? ', '--reason')).rejects.toMatchObject({ code: 'CANCELLED' });
  const stop = new AbortController();
  const stopped = answeringIo([], { signal: stop.signal });
  setImmediate(() => stop.abort());
  await expect(askLine(stopped.io, 'Why? ', '--reason')).rejects.toMatchObject({ code: 'CANCELLED' });
});

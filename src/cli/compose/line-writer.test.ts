// A file that takes its lines slowly, badly, or not at all.
import { expect, it } from 'vitest';
import { LineWriter } from './line-writer.js';

/** A disk that writes when it is told to. */
function slowDisk() {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  return {
    written,
    /** Ends the write that is under way, and the microtasks that follow it. */
    async step(): Promise<void> {
      waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
    appendFile: (text: unknown) =>
      new Promise<void>((resolve) =>
        waiting.push(() => {
          written.push(String(text));
          resolve();
        }),
      ),
    close: () => Promise.resolve(),
  };
}

function heard() {
  const said: (string | number)[] = [];
  const tell = (what: string | number): void => void said.push(what);
  return { said, options: { onFailure: tell, onDropped: tell } };
}

it('drops what a slow disk has no room for, says how many lines are missing where they are, and goes on', async () => {
  const disk = slowDisk();
  const { said, options } = heard();
  const writer = new LineWriter(disk, { ...options, mostWaitingChars: 40 });
  for (let n = 1; n <= 1000; n++) writer.add(`line ${n}`);
  await disk.step();
  await disk.step();
  writer.add('later');
  const closing = writer.close();
  for (let n = 0; n < 4; n++) await disk.step();
  await closing;
  expect(disk.written.join('')).toBe(
    'line 1\nline 2\nline 3\nline 4\nline 5\n# 995 lines are left out here: the disk was too slow\nlater\n',
  );
  expect(said).toEqual([995]);
});

it('tells of lines that are missing at the very end too', async () => {
  const disk = slowDisk();
  const { said, options } = heard();
  const writer = new LineWriter(disk, { ...options, mostWaitingChars: 10 });
  for (const line of ['first', 'second', 'third']) writer.add(line);
  const closing = writer.close();
  for (let n = 0; n < 4; n++) await disk.step();
  await closing;
  expect(disk.written.join('')).toBe('first\n# 2 lines are left out here: the disk was too slow\n');
  expect(said).toEqual([2]);
});

it('does not wait for ever for a disk that does not answer, and ends at the first error of one that does', async () => {
  const dead = heard();
  const writer = new LineWriter(slowDisk(), { ...dead.options, closeMs: 20 });
  writer.add('x');
  await writer.close();
  expect(dead.said).toEqual(['the disk did not take it within 0.02 s']);
  const full = heard();
  const error = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  const failing = { appendFile: () => Promise.reject(error), close: () => Promise.resolve() };
  const other = new LineWriter(failing, full.options);
  other.add('x');
  await other.close();
  other.add('y');
  expect(full.said).toEqual(['the disk is full']);
});

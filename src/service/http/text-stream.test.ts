import { expect, it } from 'vitest';
import { text } from 'node:stream/consumers';
import { streamText } from './text-stream.js';

async function* linesOf(lines: readonly string[], failsAt = Infinity): AsyncGenerator<string> {
  for (const [index, line] of lines.entries()) {
    await Promise.resolve();
    if (index === failsAt) throw new Error('away');
    yield line;
  }
}

it.each([[[]], [['head']], [['head', 'a']], [['head', 'a', 'b', 'c']]])('sends all of %j', async (lines) => {
  expect(await text(await streamText(linesOf(lines)))).toBe(lines.join(''));
});

it('fails before anything is sent where the first line of the table fails', async () => {
  await expect(streamText(linesOf(['head', 'a'], 0))).rejects.toThrow('away');
  await expect(streamText(linesOf(['head', 'a'], 1))).rejects.toThrow('away');
});

it('breaks off where a later one fails', async () => {
  const stream = await streamText(linesOf(['head', 'a', 'b'], 2));
  await expect(text(stream)).rejects.toThrow('away');
});

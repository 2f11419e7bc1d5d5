import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runKeyCommand } from './key-command.js';

const KEY = 'ab'.repeat(32);
const run = (command: string, timeoutMs = 20_000) => runKeyCommand(command, { cwd: tmpdir(), timeoutMs });

describe.skipIf(process.platform === 'win32')('a command that prints the key', () => {
  it('is taken at its word when it ends well', async () => {
    expect(await run(`printf ${KEY.slice(0, 32)}; sleep 0.1; echo ${KEY.slice(32)}`)).toBe(`${KEY}\n`);
  });

  it('may leave a program behind that keeps its output open', async () => {
    expect(await run(`echo ${KEY}; sleep 20 & `)).toBe(`${KEY}\n`);
  });

  it.each([
    ['sleeps', 'sleep 20'],
    ['waits for a program of its own', 'sleep 20 & wait'],
    ['does not want to end', `trap '' TERM; sleep 20; sleep 20`],
  ])('is not waited for beyond its deadline when it %s', async (_, command) => {
    await expect(run(`echo ${KEY}; ${command}`, 200)).rejects.toThrow(/^the command took too long$/);
  });

  it.each([
    ['fails', `echo ${KEY}; exit 3`, 'failed'],
    ['is killed', 'kill -9 $$', 'failed'],
    ['never stops printing', 'yes', 'printed too much'],
  ])('is refused without its text when it %s', async (_, command, why) => {
    await expect(run(command)).rejects.toThrow(new RegExp(`^the command ${why}$`));
  });

  it('cannot wait for an input that nobody gives', async () => {
    expect(await run(`read line; echo ${KEY}`)).toBe(`${KEY}\n`);
  });
});

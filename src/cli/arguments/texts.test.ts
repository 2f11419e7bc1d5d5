import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { runInProcess } from '../../../test/support/cli-in-process.js';
import { checkArguments } from './texts.js';

it.each([
  [['devices', 'list', '--text', 'a\0b'], 'The value of --text holds a zero byte'],
  [
    ['lists', 'add', 'deny', 'x', '--reason', 'no \ud83d'],
    'The value of --reason is not well-formed Unicode',
  ],
  [['batch', 'create', '\udc00WO'], 'Argument 3 is not well-formed Unicode'],
  [
    ['devices', 'remove', 'x', '--reason', 'caf\uFFFD'],
    'The value of --reason holds bytes that are no UTF-8',
  ],
])('%j is refused before any command looks at it', async (args, why) => {
  const { code, stderr, stdout } = await runInProcess(args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(why);
});

it('other scripts and signs are taken', () => {
  expect(() => checkArguments(['--location', 'Xưởng 3 名前 😀', ''])).not.toThrow();
});

it.skipIf(process.platform === 'win32')(
  'bytes that are no UTF-8 reach a program as the sign for that',
  () => {
    const script = `"$0" -p 'process.argv[1]' "$(printf '\\377')"`;
    const { stdout } = spawnSync('sh', ['-c', script, process.execPath], { encoding: 'utf8' });
    expect(stdout).toBe('\uFFFD\n');
  },
);

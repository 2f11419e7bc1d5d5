import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { CliIo } from '../../io.js';
import { listenToOperator } from './operator.js';

/** What comes of these lines, in order. */
async function actsOf(lines: readonly string[], awaitsCode: boolean): Promise<string[]> {
  const acts: string[] = [];
  const note = (what: string) => (about?: number | string) =>
    void acts.push([what, about ?? ''].join(' ').trim());
  const stdin = new PassThrough();
  const listener = listenToOperator({ stdin } as unknown as CliIo, {
    start: note('start'),
    pause: note('pause'),
    resume: note('resume'),
    drain: note('drain'),
    stop: note('stop'),
    scan: note('scan'),
    awaitsCode: () => awaitsCode,
  });
  stdin.end(lines.map((line) => `${line}\n`).join(''));
  await new Promise((resolve) => stdin.once('close', resolve));
  listener.close();
  return acts;
}

const TYPED = ['', '12', 's12', '=12', 'p', '0012', 'ZC-7', '=p'];

it('a number is a slot where no code is waited for', async () => {
  expect(await actsOf(TYPED, false)).toEqual([
    'start',
    'start 12',
    'start 12',
    'scan 12',
    'pause',
    'scan 0012',
    'scan ZC-7',
    'scan p',
  ]);
});

it('a number is a code while one is waited for, and s before it makes it a slot', async () => {
  expect(await actsOf(TYPED, true)).toEqual([
    'start',
    'scan 12',
    'start 12',
    'scan 12',
    'pause',
    'scan 0012',
    'scan ZC-7',
    'scan p',
  ]);
});

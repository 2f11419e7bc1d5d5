// Texts that no database holds are found before they are stored; names in commands that messages show are words of a shell.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { findFaultyText, textFault, inShell } from './text.js';
import { CATALOG } from './errors/index.js';

describe('a text', () => {
  it.each(['', 'Halle 3', 'Zürich', '工厂', '👩‍🏭'])('%s can be held', (text) => {
    expect(textFault(text)).toBeUndefined();
  });
  it.each(['a\0b', '\ud800', 'x\udc00y', '\udc00\ud800'])('that is malformed is refused', (text) => {
    expect(textFault(text)).toMatchObject({ hint: expect.any(String) as string });
  });
  it('is found wherever it is in a value', () => {
    expect(findFaultyText({ a: [1, { b: 'x\0' }], c: 'fine' })).toMatchObject({ path: ['a', 1, 'b'] });
    expect(findFaultyText({ a: { 'k\ud800': 1 } })).toMatchObject({ path: ['a'] });
    expect(findFaultyText({ a: ['fine', null, 3] })).toBeUndefined();
  });
});

const NAMES = ['WO-7', 'order 17', "Anna's order", 'a"b', '$HOME', 'x;y', 'Größe 5', 'a\\b'];

describe.runIf(process.platform !== 'win32')('a name in a command that a message shows', () => {
  it.each(NAMES)('is one word of a shell: %s', (name) => {
    expect(execFileSync('sh', ['-c', `printf %s ${inShell(name)}`], { encoding: 'utf8' })).toBe(name);
  });
});

it('is put into quotes by the messages of batches', () => {
  const paused = { batch: 'order 17', state: 'paused', reason: '' };
  expect(CATALOG.BATCH_NOT_OPEN.next(paused)).toContain("espmint batch resume 'order 17'");
  const full = { batch: 'order 17', quantity: 3 };
  expect(CATALOG.BATCH_FULL.next(full)).toContain("espmint batch resume 'order 17' --quantity");
});

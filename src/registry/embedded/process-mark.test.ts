import { expect, it } from 'vitest';
import { isMarkAlive, processMark } from './process-mark.js';

it('knows a process that runs by its mark', () => {
  expect(isMarkAlive(processMark())).toBe(true);
  expect(isMarkAlive(processMark(process.ppid))).toBe(true);
  expect(isMarkAlive('999999999-0-0')).toBe(false);
});

it.runIf(process.platform === 'linux')('takes none for alive that has only the same id', () => {
  const [pid, boot, start] = processMark().split('-');
  expect(isMarkAlive(`${pid}-ffffffff-${start}`)).toBe(false);
  expect(isMarkAlive(`${pid}-${boot}-1`)).toBe(false);
});

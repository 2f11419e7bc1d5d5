// The rule for the key of a board, case by case.
import { expect, it } from 'vitest';
import type { KnownPolicy } from '../registry.js';
import { chooseKey, knownAs, type KeyQuestion } from './key-choice.js';

const POLICIES: readonly KnownPolicy[] = ['keep', 'rotate', 'refuse'];
const CURRENT = 'c'.repeat(32);
const PENDING = 'b'.repeat(32);
const GIVEN = 'a'.repeat(32);

function ask(changes: Partial<KeyQuestion>): string | undefined {
  return chooseKey({
    mac: 'a4:cf:12:34:56:78',
    uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
    policy: 'keep',
    given: undefined,
    status: 'provisioned',
    current: CURRENT,
    pending: undefined,
    ...changes,
  });
}

it.each(POLICIES)('a board that is no device gets the given key or a new one (policy %s)', (policy) => {
  const board = { policy, status: undefined, current: undefined };
  expect(ask(board)).toBeUndefined();
  expect(ask({ ...board, given: GIVEN })).toBe(GIVEN);
});

it.each(POLICIES)('a pending board gets its pending key again, or the given one (policy %s)', (policy) => {
  const board = { policy, status: 'pending', current: undefined, pending: PENDING };
  expect(ask(board)).toBe(PENDING);
  expect(ask({ ...board, given: GIVEN })).toBe(GIVEN);
});

it.each(['provisioned', null, 'a status of another program'])(
  'a device with the status %s keeps its current key, whatever is pending',
  (status) => {
    expect(ask({ status, pending: PENDING })).toBe(CURRENT);
    expect(ask({ status, given: CURRENT })).toBe(CURRENT);
    expect(() => ask({ status, given: GIVEN })).toThrow(expect.objectContaining({ code: 'KEY_DIFFERS' }));
  },
);

it('a device without a current key keeps none: a new one is made', () => {
  expect(ask({ current: undefined })).toBeUndefined();
});

it('rotation goes on with the key of an earlier try, else with a new one', () => {
  expect(ask({ policy: 'rotate' })).toBeUndefined();
  expect(ask({ policy: 'rotate', pending: PENDING })).toBe(PENDING);
  expect(ask({ policy: 'rotate', pending: PENDING, given: GIVEN })).toBe(GIVEN);
});

it('policy refuse stops a device that is known', () => {
  expect(() => ask({ policy: 'refuse', status: null })).toThrow(
    expect.objectContaining({
      code: 'DEVICE_KNOWN',
      details: expect.objectContaining({ status: 'provisioned' }) as object,
    }),
  );
});

it('a removed device comes back only with a rotation', () => {
  for (const policy of ['keep', 'refuse'] as const)
    expect(() => ask({ policy, status: 'removed', given: CURRENT })).toThrow(
      expect.objectContaining({ code: 'DEVICE_REMOVED' }),
    );
  expect(ask({ policy: 'rotate', status: 'removed', pending: PENDING })).toBe(PENDING);
});

it.each([
  [undefined, 'new'],
  ['pending', 'pending'],
  ['provisioned', 'provisioned'],
  ['removed', 'provisioned'],
  [null, 'provisioned'],
])('a device with the status %s was known as %s', (status, known) => {
  expect(knownAs(status)).toBe(known);
});

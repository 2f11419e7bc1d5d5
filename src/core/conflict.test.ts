import { expect, it } from 'vitest';
import { type Conflict, describeConflict } from './conflict.js';

const CONFLICT: Conflict = {
  id: 7,
  code: 'CLONE_SUSPECTED',
  state: 'open',
  refused: { mac: 'a4:cf:12:34:56:78', uuid: 'u', hardwareId: '22' },
  registered: {
    mac: 'a4:cf:12:34:56:78',
    uuid: 'u',
    hardwareId: '11',
    status: 'provisioned',
    provisionedAt: '2026-05-04T13:02:03.000Z',
    location: 'Hall 3',
    lastAttempt: {
      startedAt: '2026-05-05T08:00:00.000Z',
      outcome: 'failed',
      stage: 'write',
      code: 'LINK_TIMEOUT',
    },
  },
  times: 1,
  firstSeenAt: '2026-06-01T09:30:00.000Z',
  lastSeenAt: '2026-06-01T09:30:00.000Z',
  seenBy: 'mai',
  facts: { station: 'line-1', slot: '2' },
};

it('tells of both sides when, where, in which state and with which last attempt', () => {
  expect(describeConflict(CONFLICT, 'Asia/Tokyo')).toEqual([
    'registered  a4:cf:12:34:56:78  u  chip id 11',
    '            provisioned 2026-05-04 22:02:03 +09:00, Hall 3; last attempt failed 2026-05-05 17:00:00 +09:00 (write LINK_TIMEOUT)',
    'refused     a4:cf:12:34:56:78  u  chip id 22',
    '            not in the registry; refused 2026-06-01 18:30:00 +09:00 by mai; station line-1; slot 2',
  ]);
});

it('counts a board that came again, and tells what was decided', () => {
  const lines = describeConflict(
    {
      ...CONFLICT,
      refused: { mac: 'm', uuid: 'u', status: 'pending' },
      times: 3,
      lastSeenAt: '2026-06-02T10:00:00.000Z',
      state: 'kept',
      decided: { at: '2026-06-02T11:00:00.000Z', by: 'lan', reason: 'a fake' },
    },
    'UTC',
  );
  expect(lines[2]).toBe('refused     m  u  chip id unknown');
  expect(lines[3]).toMatch(
    /^ +pending; no attempt; refused 3 times since 2026-06-01 09:30:00 UTC, last 2026-06-02 10:00:00 UTC by mai;/,
  );
  expect(lines[4]).toBe('decided     kept, 2026-06-02 11:00:00 UTC by lan: a fake');
});

// One sync for many boards, and what a full disk does to those that wait for it.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { Journal } from './journal.js';
import type { JournalRecord } from './records.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'espmint-journal-'))));
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

function reserved(board: number): JournalRecord {
  return {
    type: 'reserved',
    id: `attempt ${board}`,
    at: '2026-01-01T00:00:00.000Z',
    mac: 'a4:cf:12:00:00:01',
    uuid: '110e3dc9-fa05-568f-a05a-000000000001',
    psk: 'sealed',
    wanted: { caUrl: 'https://ca.example.com' },
    offline: false,
  };
}

/** Every file handle of this process shares one prototype. */
async function spyOnSync(): Promise<MockInstance<() => Promise<void>>> {
  const handle = await open(join(folder, 'any'), 'w');
  await handle.close();
  return vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync');
}

describe('the journal', () => {
  it('brings what many boards write at once to the disk together, in order', async () => {
    const journal = await Journal.open(folder);
    await journal.append(reserved(0));
    const sync = await spyOnSync();
    await Promise.all(Array.from({ length: 32 }, (_, board) => journal.append(reserved(board + 1))));
    // The first one finds the disk idle; the others wait for it together.
    expect(sync).toHaveBeenCalledTimes(2);
    const ids = (await journal.attempts()).map((attempt) => attempt.reserved.id);
    expect(ids).toEqual(Array.from({ length: 33 }, (_, board) => `attempt ${board}`));
    await journal.close();
  });

  it('syncs no note, and loses none: the next record brings it to the disk', async () => {
    const journal = await Journal.open(folder);
    await journal.append(reserved(0));
    const sync = await spyOnSync();
    await journal.note({ type: 'synced', id: 'attempt 0' });
    expect(sync).not.toHaveBeenCalled();
    expect((await journal.attempts()).map(({ records }) => records.length)).toEqual([2]);
    await Promise.all([journal.note({ type: 'synced', id: 'attempt 0' }), journal.append(reserved(1))]);
    expect(sync).toHaveBeenCalledTimes(1);
    await journal.close();
  });

  it('returns only when its record is on the disk, and fails all that the disk refused', async () => {
    const journal = await Journal.open(folder);
    await journal.append(reserved(0));
    const sync = await spyOnSync();
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    sync.mockRejectedValueOnce(full).mockRejectedValueOnce(full);
    const written = await Promise.allSettled([1, 2, 3].map((board) => journal.append(reserved(board))));
    expect(written.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(written[1]).toMatchObject({ reason: { code: 'DISK_FULL' } });
    await journal.append(reserved(4));
    const ids = (await journal.attempts()).map((attempt) => attempt.reserved.id);
    expect(ids).toEqual(['attempt 0', 'attempt 4']);
    await journal.close();
  });

  it('stays short in a process that runs for a year, and keeps what is owed, open, or lately made', async () => {
    const journal = await Journal.open(folder);
    const at = '2026-01-01T00:00:01.000Z';
    const record = (board: number): JournalRecord[] => [
      { ...reserved(board), at: new Date(Date.UTC(2026, 0, 1) + board).toISOString() } as JournalRecord,
      { type: 'failed', id: `attempt ${board}`, at, code: 'LINK_LOST', stage: 'write' },
    ];
    const [open] = record(0);
    const settled = (board: number): JournalRecord[] => [
      ...record(board),
      { type: 'synced', id: `attempt ${board}` },
    ];
    await journal.append(...(open === undefined ? [] : [open]), ...record(1));
    for (let board = 2; board < 4000; board += 50)
      await journal.append(...Array.from({ length: 50 }, (_, n) => settled(board + n)).flat());
    const attempts = await journal.attempts();
    const ids = attempts.map(({ reserved: { id } }) => id);
    expect(ids.slice(0, 2)).toEqual(['attempt 0', 'attempt 1']);
    expect(attempts.map(({ owed }) => owed).indexOf(true)).toBe(1);
    expect(ids.slice(-1000)).toEqual(Array.from({ length: 1000 }, (_, n) => `attempt ${n + 3002}`));
    expect(ids.length).toBeLessThan(2600);
    await journal.close();
  });
});

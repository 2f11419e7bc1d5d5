// What a station remembers of its boards, on the disk, and for how long.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { abandonAll } from '../../spool/testing/abandon.js';
import { RecentUnits } from './recent-units.js';

let folder: string;
const hints = (): string => join(folder, 'spool/unit-hints');
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-units-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const image = { offsetBytes: 0x9000, sizeBytes: 0x6000, md5: 'a'.repeat(32), sha256: 'b'.repeat(64) };
const board = (n: number) => ({ batch: 'WO-7', mac: `board ${n}` });
const carries = (serial: string) => ({ identity: { serial }, isOwnIdentity: true, hasListedKey: false });
const serialOf = async (units: RecentUnits, n: number): Promise<string | undefined> =>
  (await units.find(board(n)))?.identity.identity.serial;

it('is known to the next process, also where this one was killed, and the last word counts', async () => {
  const units = new RecentUnits(folder);
  units.note(board(1), carries('A'), image);
  units.note(board(2), carries('B'), image);
  units.note(board(1), carries('C'), image);
  await units.close();
  const next = new RecentUnits(folder);
  expect([await serialOf(next, 1), await serialOf(next, 2)]).toEqual(['C', 'B']);
  expect(await next.find({ ...board(1), batch: 'WO-8' })).toBeUndefined();
  for (const path of abandonAll(hints())) expect(statSync(path).mode & 0o077).toBe(0);
  next.note(board(3), carries('D'), image);
  await next.close();
  expect(readdirSync(hints())).toHaveLength(1);
  expect([await serialOf(new RecentUnits(folder), 2), await serialOf(new RecentUnits(folder), 3)]).toEqual([
    'B',
    'D',
  ]);
});

it('keeps the newest thousand, however many are made', async () => {
  const units = new RecentUnits(folder, 1200);
  for (let n = 1; n <= 1500; n++) units.note(board(n), carries(`S${n}`), image);
  await units.close();
  const files = readdirSync(hints());
  expect(files).toHaveLength(1);
  const next = new RecentUnits(folder);
  expect([await serialOf(next, 1), await serialOf(next, 501), await serialOf(next, 1500)]).toEqual([
    undefined,
    'S501',
    'S1500',
  ]);
});

it('is not waited for, and its loss is none of a full or broken disk', async () => {
  const units = new RecentUnits(join(folder, 'none\0'));
  units.note(board(1), carries('A'), image);
  expect(await serialOf(units, 1)).toBe('A');
  expect(await serialOf(units, 2)).toBeUndefined();
  await units.close();
});

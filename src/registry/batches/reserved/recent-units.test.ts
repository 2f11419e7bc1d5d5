// What a station remembers of its boards, on the disk, and for how long.
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
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

it('is not waited for, and a disk that takes no note of it stops no board', async () => {
  const units = new RecentUnits(join(folder, 'none\0'));
  units.note(board(1), carries('A'), image);
  expect(await serialOf(units, 1)).toBe('A');
  await units.close();
});

it('is not taken for new where what others have left cannot be read', async () => {
  const before = new RecentUnits(folder);
  before.note(board(1), carries('A'), image);
  await before.close();
  const [name = ''] = readdirSync(hints());
  // The superuser may read everything: a folder where a file is wanted cannot be read by anybody.
  const path = join(hints(), name, '1.log');
  renameSync(path, `${path}.spare`);
  mkdirSync(path);
  const next = new RecentUnits(folder);
  await expect(serialOf(next, 1)).rejects.toMatchObject({ code: 'SPOOL_UNREADABLE', details: { path } });
  next.note(board(2), carries('B'), image);
  expect(await serialOf(next, 2)).toBe('B');
  rmdirSync(path);
  renameSync(`${path}.spare`, path);
  expect(await serialOf(next, 1)).toBe('A');
  await next.close();
});

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { isEspmintError } from '../../core/errors/index.js';
import { type Door, DoorCopy } from './copy.js';

const root = mkdtempSync(join(tmpdir(), 'espmint-door-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DOOR: Door = {
  entries: [
    { list: 'deny', entry: 'a4:cf:12:00:00:10..a4:cf:12:00:00:1f', reason: 'stolen' },
    { list: 'allow', entry: 'a4:cf:12:00:00:00..a4:cf:12:00:00:ff', reason: '' },
    { list: 'allow', entry: '110e3dc9-fa05-568f-a05a-98d008910001', reason: '' },
  ],
  removed: ['a4:cf:12:00:00:02'],
};
const board = (tail: string, last = '9') => ({
  mac: `a4:cf:12:00:${tail}`,
  uuid: `110e3dc9-fa05-568f-a05a-98d00891000${last}`,
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'data-'));
});

async function made(read: () => Promise<Door> = () => Promise.resolve(DOOR)): Promise<DoorCopy> {
  const copy = new DoorCopy(folder, 'db');
  copy.renew(read);
  await copy.settled();
  return copy;
}

/** The code of the refusal, or `welcome`. */
function ask(
  copy: DoorCopy,
  who: ReturnType<typeof board>,
  policy: 'keep' | 'rotate' = 'keep',
): Promise<string> {
  return copy.check(who, policy).then(
    () => 'welcome',
    (error: unknown) => (isEspmintError(error) ? error.code : String(error)),
  );
}

describe("a station's copy of the door", () => {
  it('decides as the registry would, by MAC, range, UUID and tombstone', async () => {
    const copy = await made();
    expect(await ask(copy, board('00:01'))).toBe('welcome');
    expect(await ask(copy, board('00:1f'))).toBe('DEVICE_DENIED');
    expect(await ask(copy, board('00:1f', '1'))).toBe('DEVICE_DENIED');
    expect(await ask(copy, board('01:00'))).toBe('DEVICE_NOT_ALLOWED');
    expect(await ask(copy, board('01:00', '1'))).toBe('welcome');
    expect(await ask(copy, board('00:02'))).toBe('DEVICE_REMOVED');
    expect(await ask(copy, board('00:02'), 'rotate')).toBe('welcome');
  });

  it('says how old it is, in the refusal too, and is for its owner only', async () => {
    const copy = await made();
    const at = (await copy.at()) ?? '';
    expect(Math.abs(Date.now() - Date.parse(at))).toBeLessThan(60_000);
    await expect(copy.check(board('00:10'), 'keep')).rejects.toThrow(at);
    expect(statSync(join(folder, 'door.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['door.json']);
  });

  it('stays as it was when it cannot be renewed, and is not renewed with every call', async () => {
    const copy = await made();
    const at = await copy.at();
    let reads = 0;
    copy.renew(() => Promise.resolve({ entries: [], removed: [String((reads += 1))] }));
    await copy.settled();
    expect(reads).toBe(0);
    await made(() => Promise.reject(new Error('the registry is gone')));
    expect(await copy.at()).toBe(at);
  });

  it('counts for its own registry only, and no board is stopped by one that cannot be read', async () => {
    await made();
    expect(await ask(new DoorCopy(folder, 'another'), board('00:1f'))).toBe('welcome');
    writeFileSync(join(folder, 'door.json'), '{"at": "20');
    expect(await ask(new DoorCopy(folder, 'db'), board('00:1f'))).toBe('welcome');
  });
});

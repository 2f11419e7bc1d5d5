// Allow and deny lists, from the command line to the reservation.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/index.js';
import { runInProcess } from '../support/cli-in-process.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-lists-'));
let registry: Registry;
beforeAll(async () => {
  registry = await openRegistry({ dataDir: folder });
});
afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

const lists = (...args: string[]) => runInProcess(['--data-dir', folder, 'lists', ...args]);
const uuidOf = (n: number): string => `110e3dc9-fa05-568f-a05a-98d00894000${n}`;

/** The code of the refusal, or `welcome`. */
async function tryBoard(n: number): Promise<string> {
  const board = {
    mac: `a4:cf:12:34:59:0${n}`,
    uuid: uuidOf(n),
    caUrl: 'https://ca.example.com',
    policy: 'keep',
  } as const;
  return registry.reserve(board).then(
    () => 'welcome',
    (error: unknown) => (error as { code: string }).code,
  );
}

it('lets every board in while the lists are empty', async () => {
  expect(await tryBoard(1)).toBe('welcome');
});

it('keeps denied boards out, by MAC, UUID and range, and says why', async () => {
  const added = await lists(
    'add',
    'deny',
    'A4CF12345902',
    uuidOf(3),
    'a4:cf:12:34:59:05..a4:cf:12:34:59:06',
    '--reason',
    'stolen',
  );
  expect(added.stdout).toBe('3 added, 0 were there already\n');
  expect(await Promise.all([2, 3, 4, 5, 6, 7].map(tryBoard))).toEqual([
    'DEVICE_DENIED',
    'DEVICE_DENIED',
    'welcome',
    'DEVICE_DENIED',
    'DEVICE_DENIED',
    'welcome',
  ]);
  const board = { mac: 'a4:cf:12:34:59:05', uuid: uuidOf(5), caUrl: '', policy: 'keep' } as const;
  await expect(registry.reserve(board)).rejects.toThrow('a4:cf:12:34:59:05..a4:cf:12:34:59:06: stolen');
  expect(await registry.find({ mac: board.mac })).toBeUndefined();
});

it('lets in what is allowed only, once anything is, and still not what is denied', async () => {
  expect((await lists('add', 'allow', 'a4:cf:12:34:59:00..a4:cf:12:34:59:02')).code).toBe(0);
  expect((await lists('add', 'allow', 'a4:cf:12:34:59:00..a4:cf:12:34:59:02')).stdout).toContain(
    '1 were there',
  );
  expect(await Promise.all([1, 2, 8].map(tryBoard))).toEqual([
    'welcome',
    'DEVICE_DENIED',
    'DEVICE_NOT_ALLOWED',
  ]);
});

it('shows its entries, and forgets those that are removed', async () => {
  expect((await lists('show')).stdout.split('\n')).toHaveLength(5);
  expect((await lists('remove', 'allow', 'a4:cf:12:34:59:00..a4:cf:12:34:59:02')).code).toBe(0);
  expect((await lists('remove', 'allow', 'a4:cf:12:34:59:00')).code).toBe(2);
  expect(await tryBoard(8)).toBe('welcome');
  expect((await lists('show', '--json')).stdout).not.toContain('"allow"');
});

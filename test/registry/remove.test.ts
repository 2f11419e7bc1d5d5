// A removed device: out of the lists, and never out of the history.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRegistry, type Registry } from '../../src/registry/index.js';
import { runInProcess } from '../support/cli-in-process.js';
import { PROOF } from '../support/proof.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-remove-'));
let registry: Registry;
beforeAll(async () => {
  registry = await openRegistry({ dataDir: folder });
});
afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

const board = (n: number) =>
  ({
    mac: `a4:cf:12:34:58:0${n}`,
    uuid: `110e3dc9-fa05-568f-a05a-98d00893000${n}`,
    caUrl: 'https://ca.example.com',
    policy: 'keep',
  }) as const;
const devices = (...args: string[]) => runInProcess(['--data-dir', folder, 'devices', ...args]);

it('is out of lists and exports unless it is asked for, and its key can still be revealed', async () => {
  const { id, psk } = await registry.reserve(board(1));
  await registry.confirm(id, PROOF);
  expect((await devices('remove', board(1).mac, '--reason', ' ')).code).toBe(2);
  expect((await devices('remove', board(1).mac, '--reason', 'scrapped')).stdout).toContain(board(1).uuid);
  for (const verb of ['list', 'export']) {
    expect((await devices(verb)).stdout).not.toContain(board(1).mac);
    expect((await devices(verb, '--all')).stdout).toContain(board(1).mac);
    expect((await devices(verb, '--status', 'removed')).stdout).toContain(board(1).mac);
  }
  expect((await devices('show', board(1).uuid)).stdout).toMatch(/status +removed[^]*key[^]*current/);
  expect(await registry.reveal(board(1).mac, 'test')).toBe(psk);
});

it('is provisioned again with a new key only, and then in use again', async () => {
  await expect(registry.reserve(board(1))).rejects.toMatchObject({ code: 'DEVICE_REMOVED' });
  await expect(registry.reserve({ ...board(1), policy: 'refuse' })).rejects.toMatchObject({
    code: 'DEVICE_REMOVED',
  });
  const old = await registry.reveal(board(1).mac, 'test');
  const { id, psk } = await registry.reserve({ ...board(1), policy: 'rotate' });
  expect(psk).not.toBe(old);
  expect(await registry.confirm(id, PROOF)).toMatchObject({
    status: 'provisioned',
  });
});

it('keeps a key that was never proven pending', async () => {
  await registry.reserve(board(2));
  expect((await devices('remove', board(2).uuid, '--reason', 'lost')).code).toBe(0);
  expect(await registry.show({ mac: board(2).mac })).toMatchObject({
    status: 'removed',
    keys: [{ state: 'pending' }],
  });
});

it('has to be there', async () => {
  expect((await devices('remove', 'a4:cf:12:34:58:0f', '--reason', 'x')).stderr).toContain('DEVICE_UNKNOWN');
});

// What a key file says of refused boards: it remembers them, and sends to where they can be decided.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openKeyFile } from './file-registry.js';

const folder = mkdtempSync(join(tmpdir(), 'espmint-file-registry-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const board = (mac: string) =>
  ({
    mac,
    uuid: '110e3dc9-fa05-568f-a05a-98d008930001',
    caUrl: 'https://ca.example.com',
    policy: 'keep',
  }) as const;

it('lists a refused board without a number, and says where it is decided', async () => {
  const registry = await openKeyFile(join(folder, 'keys.jsonl'));
  await registry.reserve(board('a4:cf:12:34:58:01'));
  await expect(registry.reserve(board('a4:cf:12:34:58:02'))).rejects.toMatchObject({ code: 'UUID_TAKEN' });
  const conflicts = await registry.conflicts();
  expect(conflicts).toMatchObject([{ code: 'UUID_TAKEN', state: 'open' }]);
  expect(conflicts[0]?.id).toBeUndefined();
  expect(await registry.conflicts({ id: 1 })).toEqual([]);
  const decision = { decision: 'keep', reason: 'test' } as const;
  await expect(registry.resolve(1, decision)).rejects.toMatchObject({
    code: 'CONFLICT_NOT_HERE',
    next: expect.stringContaining('espmint devices resolve') as string,
  });
  await registry.close();
});

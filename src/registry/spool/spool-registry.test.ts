// What is its own of a registry without a database: refused boards are remembered here and decided elsewhere, and one sync
// of the disk serves many boards.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openKeyFile } from './spool-registry.js';
import { PROOF } from '../../../test/support/proof.js';

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

it('keeps what many boards tell at once, each in a line of its own, and a proof once', async () => {
  const path = join(folder, 'many.jsonl');
  const registry = await openKeyFile(path);
  const boards = Array.from({ length: 32 }, (_, n) => ({
    ...board(`a4:cf:12:34:59:${n.toString(16).padStart(2, '0')}`),
    uuid: `110e3dc9-fa05-568f-a05a-98d0089400${n.toString(16).padStart(2, '0')}`,
  }));
  const reservations = await Promise.all(boards.map((one) => registry.reserve(one)));
  const image = { offsetBytes: 0, sizeBytes: 4096, md5: 'cd'.repeat(16), sha256: 'ab'.repeat(32) };
  const proof = PROOF;
  for (let times = 0; times < 2; times++)
    await Promise.all(reservations.map(({ id }) => registry.confirm(id, proof)));
  await expect(registry.built('none', image)).rejects.toMatchObject({
    code: 'RESERVATION_UNKNOWN',
  });
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type).sort()).toEqual([
    ...Array<string>(32).fill('confirmed'),
    ...Array<string>(32).fill('reserved'),
  ]);
  for (const { mac, psk } of reservations) expect(await registry.reveal(mac, 'test')).toBe(psk);
  await registry.close();
});

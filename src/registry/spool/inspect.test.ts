// A look at what this computer keeps for the registry, where there is nothing to look at.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inspectSpool } from './inspect.js';

it('says one sentence of a data directory that is a file, and nothing of one that has no spool yet', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'espmint-spool-'));
  try {
    const file = join(folder, 'file');
    await writeFile(file, '');
    expect(await inspectSpool(folder)).toEqual([]);
    expect(await inspectSpool(file)).toMatchObject([
      { code: 'SPOOL_UNREADABLE', details: { path: join(file, 'spool') } },
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

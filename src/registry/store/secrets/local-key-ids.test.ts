// Records that move while they are counted are not taken for none: a master key would be forgotten that opens them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isEspmintError } from '../../../core/errors/index.js';
import { localKeyIds } from './local-key-ids.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espmint-key-ids-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('are none where nothing was ever kept', async () => {
  expect((await localKeyIds(folder)).size).toBe(0);
});

it('are found while another process takes their folder over, or it is said that they are not known', async () => {
  const [here, there] = [join(folder, 'spool/keys/a'), join(folder, 'spool/keys/b/a')];
  for (const path of [here, join(folder, 'spool/keys/b')]) mkdirSync(path, { recursive: true });
  writeFileSync(join(here, '1.log'), 'em1.01234567.sealed em1.01234567.sealed');
  for (let looks = 0; looks < 200; looks++) {
    const [found] = await Promise.all([
      localKeyIds(folder).catch((error: unknown) => error),
      rename(here, there),
    ]);
    await rename(there, here);
    if (isEspmintError(found)) expect(found).toMatchObject({ code: 'FILE_UNREADABLE' });
    else expect(found).toEqual(new Map([['01234567', 2]]));
  }
});

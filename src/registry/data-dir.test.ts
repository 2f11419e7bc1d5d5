// The data directory: made with all that is missing above it, or refused with a reason.
import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataDir } from './data-dir.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'espmint-data-dir-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the data directory', () => {
  it('is made with the folders above it, for its owner only, and taken as it is when it is there', async () => {
    const path = join(folder, 'a/b/c');
    expect(await Promise.all([openDataDir(path), openDataDir(path)])).toEqual([path, path]);
    expect(await openDataDir(path)).toBe(path);
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it('may be reached over a link, and is refused where a file or nothing stands in its way', async () => {
    await writeFile(join(folder, 'file'), '');
    await symlink(folder, join(folder, 'link'));
    expect(await openDataDir(join(folder, 'link'))).toBe(join(folder, 'link'));
    await symlink(join(folder, 'nothing'), join(folder, 'dangling'));
    const other = 'it is a file, or a link that leads nowhere';
    const reasons = { file: other, 'file/below': 'a part of its path is not a folder', dangling: other };
    for (const [path, reason] of Object.entries(reasons))
      await expect(openDataDir(join(folder, path))).rejects.toMatchObject({
        code: 'DATA_DIR_UNUSABLE',
        details: { reason },
      });
  });

  it.skipIf(process.platform !== 'linux')(
    'is refused at once in a file system that takes no folders',
    async () => {
      await expect(openDataDir('/proc/espmint/data')).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
    },
  );

  it.skipIf(process.platform === 'win32')('is refused where every user can write to it', async () => {
    const path = join(folder, 'open');
    await mkdir(path);
    await chmod(path, 0o777);
    await expect(openDataDir(path)).rejects.toThrow('every user can write to it');
  });

  it.skipIf(process.getuid?.() !== 0)('is refused where it belongs to another user', async () => {
    const path = join(folder, 'theirs');
    await mkdir(path);
    await chown(path, 12_345, 12_345);
    await expect(openDataDir(path)).rejects.toThrow('it belongs to the user 12345');
  });
});

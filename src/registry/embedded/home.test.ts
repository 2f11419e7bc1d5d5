// The embedded server's folder when we are the superuser: nothing but folders of ours is ever given to its account.
import { chown, lstat, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHome } from './home.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'espmint-home-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(process.getuid?.() !== 0)("the server's folder of the superuser", () => {
  it('is a private folder of the account', async () => {
    const { path, socketDir, account } = await openHome(folder);
    for (const made of [path, socketDir]) {
      const { uid, mode } = await stat(made);
      expect([uid, mode & 0o777]).toEqual([account?.uid, 0o700]);
    }
  });

  it('is refused where a link stands, and the target of the link stays whose it was', async () => {
    const target = join(folder, 'target');
    await mkdir(target);
    await symlink(target, join(folder, 'postgres'));
    await expect(openHome(folder)).rejects.toThrow('it is a link that espmint has not made');
    expect((await lstat(target)).uid).toBe(0);
  });

  it('is refused where its account put a link in the place of the socket folder', async () => {
    const { path, socketDir } = await openHome(folder);
    const target = join(folder, 'target');
    await mkdir(target);
    await rm(socketDir, { recursive: true });
    await symlink(target, join(path, 'run'));
    await expect(openHome(folder)).rejects.toThrow('it is a link or a file where a folder is wanted');
    expect((await stat(target)).uid).toBe(0);
  });

  it('is refused where it belongs to a third user, unless a server runs as that one', async () => {
    const { socketDir } = await openHome(folder);
    await chown(socketDir, 12_345, 12_345);
    await expect(openHome(folder)).rejects.toThrow('it belongs to the user 12345');
  });
});

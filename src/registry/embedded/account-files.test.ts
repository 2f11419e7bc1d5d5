// What the superuser does in the folder of the server's account: links, pipes and false process ids there lead him nowhere.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, statSync } from 'node:fs';
import { chown, link, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeableByOthers, openAccountLog, readAccountFile, removeAccountTree } from './account-files.js';
import { openHome } from './home.js';
import { makeRunnable } from './package-tree.js';
import { isAlive } from './processes.js';
import { stopServer } from './server-process.js';

const ACCOUNT = { uid: 65_534, gid: 65_534 };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espmint-account-'));
  chmodSync(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const pipe = (name: string): void => void spawnSync('mkfifo', [at(name)]);

describe('a file of the account', () => {
  it('is read itself: a link, a pipe and a folder are none, and what cannot be read is no missing file', async () => {
    await writeFile(at('secret'), 'root only');
    await symlink(at('secret'), at('link'));
    pipe('pipe');
    await mkdir(at('folder'));
    for (const name of ['link', 'pipe', 'folder', 'missing'])
      expect(await readAccountFile(at(name))).toBeUndefined();
    expect(await readAccountFile(at('secret'))).toBe('root only');
    await expect(readAccountFile(join(at('secret'), 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('is no log where it is a link, a pipe, or a second name of another file', async () => {
    await writeFile(at('passwd'), 'root:x:0:0\n');
    await symlink(at('passwd'), at('link'));
    await link(at('passwd'), at('second'));
    pipe('pipe');
    for (const name of ['link', 'second', 'pipe'])
      await expect(openAccountLog(at(name), ACCOUNT)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
    expect(await readFile(at('passwd'), 'utf8')).toBe('root:x:0:0\n');
    const log = await openAccountLog(at('server.log'), ACCOUNT);
    await log.close();
  });
});

describe.skipIf(process.getuid?.() !== 0)('the superuser', () => {
  it('stops the process of another account for no word of the account', async () => {
    const home = await openHome(folder);
    await mkdir(home.cluster);
    // It even looks like the server; it is not the account's to stop.
    const args = ['-e', 'setInterval(() => undefined, 1000)', '--', '-D', home.cluster, '-c', 'x'];
    const bystander = spawn(process.execPath, args, { argv0: 'postgres' });
    try {
      for (const pid of [bystander.pid, 1, 0, -1, process.pid, 'x']) {
        await writeFile(join(home.cluster, 'postmaster.pid'), `${pid}\n${home.cluster}\n`);
        await Promise.race([stopServer(home), new Promise((resolve) => setTimeout(resolve, 1_000))]);
      }
      expect(isAlive(bystander.pid ?? 0)).toBe(true);
      expect(bystander.signalCode).toBeNull();
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  it('copies the programs into a folder of his own, not into one of the account', async () => {
    const tree = at('package/native');
    await mkdir(join(tree, 'bin'), { recursive: true });
    for (const program of ['postgres', 'initdb', 'pg_ctl'])
      await writeFile(join(tree, 'bin', program), '#!/bin/sh\n', { mode: 0o700 });
    chmodSync(at('package'), 0o700);
    const home = await openHome(folder);
    expect(home.spareDir).toBe(folder);
    const made = await makeRunnable(tree, ACCOUNT, join(home.spareDir, 'postgresql-1'));
    expect(made).toBe(at('postgresql-1'));
    const { uid, mode } = await stat(join(made, 'bin/postgres'));
    expect([uid, mode & 0o777]).toEqual([0, 0o755]);
    await chown(home.path, ACCOUNT.uid, ACCOUNT.gid);
    await expect(makeRunnable(tree, ACCOUNT, join(home.path, 'postgresql-1'))).rejects.toThrow(
      'can be changed by others than root',
    );
    expect(existsSync(join(home.path, 'postgresql-1'))).toBe(false);
  });

  it('removes a tree with the rights of the account alone', async () => {
    await mkdir(at('own'));
    await mkdir(at('mine/inner'), { recursive: true });
    await chown(at('own'), ACCOUNT.uid, ACCOUNT.gid);
    await symlink(at('mine'), join(at('own'), 'link'));
    await removeAccountTree(at('mine'), ACCOUNT);
    expect(statSync(at('mine/inner')).isDirectory()).toBe(true);
    await mkdir(at('holder'));
    await chown(at('holder'), ACCOUNT.uid, ACCOUNT.gid);
    await mkdir(at('holder/tree'));
    await chown(at('holder/tree'), ACCOUNT.uid, ACCOUNT.gid);
    await removeAccountTree(at('holder/tree'), ACCOUNT);
    expect(existsSync(at('holder/tree'))).toBe(false);
  });

  it('sees on the way to a folder who else may change it', async () => {
    await mkdir(at('a/b'), { recursive: true });
    expect(await changeableByOthers(at('a/b'))).toBeUndefined();
    await chown(at('a'), ACCOUNT.uid, ACCOUNT.gid);
    expect(await changeableByOthers(at('a/b'))).toBe(at('a'));
  });
});

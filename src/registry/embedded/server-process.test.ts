// What is made of the end of a server that did not start, from its own words and from the disk that they lie on.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerHome } from './home.js';
import { startServer } from './server-process.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'espmint-server-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** How the start of a program ends that says this in the place of `postgres`, and leaves. */
async function endOf(path: string, said: string): Promise<unknown> {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'postgres'), `#!/bin/sh\nprintf '%s' '${said}' >&2\nexit 1\n`, { mode: 0o755 });
  const [cluster, logFile] = [join(path, 'cluster'), join(path, 'server.log')];
  const places = { path, cluster, socketDir: path, logFile, spareDir: path };
  const home: ServerHome = { ...places, isOnLoopback: false, account: undefined };
  const server = await startServer(home, { bin, major: 18 });
  return vi.waitUntil(() => server.ended(), { timeout: 10_000 });
}

/** A file system of memory without a free block; false where this computer lets us have none. */
function fillDisk(path: string): boolean {
  try {
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', path], { stdio: 'ignore' });
  } catch {
    return false;
  }
  execFileSync('sh', ['-c', 'cat /dev/zero > filling 2> /dev/null || true'], { cwd: path });
  return true;
}

describe.skipIf(process.platform === 'win32')('a server that ends as it starts', () => {
  it.each([
    ['FATAL:  could not write lock file "postmaster.pid": No space left on device', 'DISK_FULL'],
    ['FATAL:  could not extend file: Disk quota exceeded', 'DISK_FULL'],
    ['FATAL:  could not create lock file "postmaster.pid": Read-only file system', 'EMBEDDED_START_FAILED'],
    ['FATAL:  data directory "x" has invalid permissions', 'EMBEDDED_START_FAILED'],
  ])('after "%s" has failed with %s', async (said, code) => {
    expect(await endOf(folder, said)).toMatchObject({ kind: 'failed', error: { code } });
  });

  it('on a disk so full that its log stops in the middle of a line has failed with DISK_FULL', async (test) => {
    const disk = join(folder, 'disk');
    if (!fillDisk(disk)) test.skip();
    try {
      expect(await endOf(disk, '2026-11-30 20:4')).toMatchObject({ error: { code: 'DISK_FULL' } });
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});

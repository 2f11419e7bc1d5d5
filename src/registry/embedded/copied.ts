// Tells a data directory that was copied while its server ran from one that is where it was: PostgreSQL's locks name the
// folder that they were made in.
import { rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import { readAccountFile } from './account-files.js';
import type { ServerHome } from './home.js';
import { SOCKET_PORT } from './settings.js';

/** Lines of postmaster.pid (pidfile.h of PostgreSQL): the data directory, and the key of its shared memory. */
const FOLDER_LINE = 1;
const MEMORY_LINE = 6;

/**
 * Files that were copied one after the other while a server changed them are no whole database, even where it starts.
 *
 * @throws EMBEDDED_COPIED
 */
export async function refuseCopy(home: ServerHome): Promise<void> {
  const lock = join(home.cluster, 'postmaster.pid');
  const lines = await linesOf(lock);
  const from = lines[FOLDER_LINE] ?? '';
  if (
    from !== '' &&
    !isSamePath(from, home.cluster) &&
    !(await isSameFolder(home.cluster, lines[MEMORY_LINE]))
  )
    throw new EspmintError('EMBEDDED_COPIED', { path: home.path, from: dirname(from), lock });
  if (!home.isOnLoopback) await removeForeignSocketLock(home);
}

/** PostgreSQL for Windows writes `C:/folder`, and the case of its letters means nothing there. */
function isSamePath(one: string, other: string): boolean {
  if (process.platform !== 'win32') return one === other;
  return resolve(one).toLowerCase() === resolve(other).toLowerCase();
}

/** A folder that was moved, or is mounted elsewhere, is the same: the server makes its memory's key of the inode. */
async function isSameFolder(cluster: string, memoryLine: string | undefined): Promise<boolean> {
  const key = /^\s*(\d+)/.exec(memoryLine ?? '')?.[1];
  if (key === undefined) return false;
  const { ino } = await stat(cluster, { bigint: true });
  return BigInt.asUintN(32, BigInt(key)) === BigInt.asUintN(32, ino);
}

/** The socket's folder is this home's alone: a lock in it that names another data directory came with a copy. */
async function removeForeignSocketLock(home: ServerHome): Promise<void> {
  const socket = join(home.socketDir, `.s.PGSQL.${SOCKET_PORT}`);
  const from = (await linesOf(`${socket}.lock`))[FOLDER_LINE] ?? '';
  if (from === '' || from === home.cluster) return;
  await rm(`${socket}.lock`, { force: true });
}

async function linesOf(path: string): Promise<string[]> {
  return ((await readAccountFile(path)) ?? '').split('\n');
}

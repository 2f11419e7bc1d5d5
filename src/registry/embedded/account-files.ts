// Files in the folder of the server's account, which may be another than ours: what we do there as the superuser must not be
// led elsewhere. They are read and written by handles that follow no link and wait for nobody, and removed by the account.
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import { codeOf, PRIVATE_FILE } from '../../files/index.js';
import type { Account } from './account.js';
import { run } from './run.js';

/** A pipe of that name would keep us waiting; a link would lead to a file that only we may read or change. */
const ITSELF = constants.O_NOFOLLOW | constants.O_NONBLOCK;
const MOST_BYTES = 4_000_000;
const REMOVE_TIMEOUT_MS = 60_000;

/** Undefined where there is none, or where it is no plain file. @throws where it cannot be read */
export async function readAccountFile(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | ITSELF).catch((error: unknown) => {
    if (['ENOENT', 'ELOOP', 'ENXIO'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  });
  try {
    const found = await file?.stat();
    return found?.isFile() === true && found.size <= MOST_BYTES ? await file?.readFile('utf8') : undefined;
  } finally {
    await file?.close();
  }
}

/** Makes it where it is missing. @throws DATA_DIR_UNUSABLE where it is another file under that name */
export async function openAccountLog(path: string, account: Account | undefined): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | ITSELF;
  const refuse = (reason: string): EspmintError => new EspmintError('DATA_DIR_UNUSABLE', { path, reason });
  const file = await open(path, flags, PRIVATE_FILE).catch((error: unknown) => {
    throw ['ELOOP', 'ENXIO'].includes(codeOf(error) ?? '') ? refuse('it is a link or a pipe') : error;
  });
  const found = await file.stat();
  // Windows has no such numbers; its folder is private by an access list.
  const own = process.getuid?.();
  const isOurs = own === undefined || found.uid === own || found.uid === account?.uid;
  if (found.isFile() && found.nlink === 1 && isOurs) return file;
  await file.close();
  throw refuse('it is no log that espmint has made');
}

/** Removes a tree by the hand of its account: whatever it puts in the way of that, it can remove only what is its own. */
export async function removeAccountTree(path: string, account: Account | undefined): Promise<void> {
  if (account === undefined) await rm(path, { recursive: true, force: true });
  else await run('rm', ['-rf', '--', path], { account, cwd: '/', timeoutMs: REMOVE_TIMEOUT_MS });
}

/**
 * The first folder on the way to `path` that another user than root may change, so that something else could stand there
 * tomorrow; undefined where there is none.
 */
export async function changeableByOthers(path: string): Promise<string | undefined> {
  for (let at = await realpath(path); ; at = dirname(at)) {
    if (!isRootsAlone(await lstat(at))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** In a folder with the sticky bit nobody exchanges what is another's. */
export function isRootsAlone({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return uid === 0 && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0);
}

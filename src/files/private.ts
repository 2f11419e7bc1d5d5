// What is espmint's own: folders and files of this user that nobody else can read, change, or put a link in the place of.
import { constants } from 'node:fs';
import { chmod, type FileHandle, lstat, mkdir, open, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { EspmintError } from '../core/errors/index.js';
import { codeOf, toWriteError, unreadable } from './faults.js';
import { restrictToUser } from './windows-acl.js';

/** Owner only: every folder that espmint makes. */
export const PRIVATE_DIR = 0o700;
/** Owner only: every file that espmint makes. */
export const PRIVATE_FILE = 0o600;

interface Owned {
  readonly uid: number;
  readonly mode: number;
}

/**
 * Why this is not ours to trust, or undefined. The superuser may read and change everything anyway, so what belongs to
 * him is as good as ours. Windows has no owners and modes to ask for: windows-acl.ts is for it.
 */
function foreignOwner({ uid }: Pick<Owned, 'uid'>): string | undefined {
  const own = process.geteuid?.();
  if (own === undefined || uid === own || uid === 0) return undefined;
  return `it belongs to the user ${uid}, and this is ${nameOf(own)}`;
}

/** As foreignOwner; also what every user of the computer could change. */
export function whyNotOurs(found: Owned): string | undefined {
  if (process.platform !== 'win32' && (found.mode & 0o002) !== 0) return 'every user can write to it';
  return foreignOwner(found);
}

/**
 * Makes a folder for its owner only, and corrects the mode of one that others could enter. A link of that name, or a
 * folder of another user, is refused.
 *
 * @throws FILE_UNWRITABLE, DISK_FULL
 */
export async function makePrivateDir(path: string): Promise<void> {
  try {
    const made = await mkdir(path, { recursive: true, mode: PRIVATE_DIR });
    if (made !== undefined) await restrictToUser(made, 'folder');
    const found = await lstat(path);
    if (found.isSymbolicLink()) throw refused(path, 'it is a link', 'move the link away');
    const foreign = foreignOwner(found);
    if (foreign !== undefined) throw refused(path, foreign, OTHER_USER);
    if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) await chmod(path, PRIVATE_DIR);
  } catch (error) {
    throw toWriteError(path, error);
  }
}

/**
 * The text of a secret file that espmint or its user has made; undefined where there is none. A file that the user names
 * may be a link, as mounted secrets are: the file behind it counts.
 *
 * @throws FILE_UNREADABLE also where others can read it, or where it belongs to another user
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    // The file that was checked is the one that is read.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    checkPrivate(path, await file.stat(), 'FILE_UNREADABLE');
    return await file.readFile('utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  } finally {
    await file?.close();
  }
}

/** Opens a file of ours for reading and appending; one that is missing is made. @throws FILE_UNWRITABLE, DISK_FULL */
export async function openPrivateForAppend(path: string, extraFlags = 0): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | extraFlags;
    file = await open(path, flags, PRIVATE_FILE);
    const found = await file.stat();
    checkPrivate(path, found, 'FILE_UNWRITABLE');
    if (found.size === 0) await restrictToUser(path, 'file');
    return file;
  } catch (error) {
    await file?.close().catch(() => undefined);
    throw toWriteError(path, error);
  }
}

/** @throws that code, as ssh refuses keys that others can read */
function checkPrivate(path: string, found: Owned, code: 'FILE_UNREADABLE' | 'FILE_UNWRITABLE'): void {
  const foreign = foreignOwner(found);
  if (foreign !== undefined) throw new EspmintError(code, { path, reason: foreign, hint: OTHER_USER });
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0)
    throw new EspmintError(code, {
      path,
      reason: 'others can read it',
      hint: 'give it the mode 0600, and think about who may have read it',
    });
}

const OTHER_USER = 'run espmint as that user, or give it to this one with chown';

function refused(path: string, reason: string, hint: string): EspmintError {
  return new EspmintError('FILE_UNWRITABLE', { path, reason, hint });
}

function nameOf(uid: number): string {
  try {
    return `${userInfo().username} (${uid})`;
  } catch {
    return `the user ${uid}`;
  }
}

/** Whether there is a folder of that name, also behind a link. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

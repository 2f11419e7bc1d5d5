// Files with damage, kept under another name when everything good in them was taken: nothing of a key is ever deleted
// because it cannot be read.
import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  codeOf,
  isFolder,
  makePrivateDir,
  renamePatiently,
  syncFolder,
  toWriteError,
} from '../../files/index.js';

const FOLDER = 'set-aside';

export interface SetAsideFile {
  readonly path: string;
  /** ISO 8601 in UTC: of its last record. */
  readonly changedAt: string;
  readonly sizeBytes: number;
}

/** Beside the folders of the log. One that is gone was taken over by another process, which does so. @throws FILE_UNWRITABLE, DISK_FULL */
export async function setAside(root: string, file: string): Promise<void> {
  const folder = join(root, FOLDER);
  const name = `${basename(dirname(file))}-${randomBytes(4).toString('hex')}-${basename(file)}`;
  await makePrivateDir(folder);
  try {
    await renamePatiently(file, join(folder, name));
    await syncFolder(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !(await isFolder(dirname(file)))) return;
    throw toWriteError(file, error);
  }
}

/** @throws what the file system says, but for a folder that is not there */
export async function listSetAside(root: string): Promise<SetAsideFile[]> {
  const folder = join(root, FOLDER);
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name);
      const { mtime, size } = await stat(path);
      return { path, changedAt: mtime.toISOString(), sizeBytes: size };
    }),
  );
}

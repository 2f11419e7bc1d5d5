// Folders for files that other programs have to read: private, in the data directory, and gone when they are done with.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { makePrivateDir, PRIVATE_DIR, renamePatiently, toWriteError } from '../files/index.js';
import { openDataDir } from './data-dir.js';
import { beginHeartbeat, isAbandoned, writeOwner } from './spool/owner.js';

const NAME = 'work';
/** Folders of this very process that are in use. */
const IN_USE = new Set<string>();

/**
 * Makes a folder that only this user can enter, and removes it with all that is in it.
 * @throws DATA_DIR_UNUSABLE, FILE_UNWRITABLE, DISK_FULL, and what `use` throws
 */
export async function withWorkFolder<T>(dataDir: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await makeFolder(dataDir);
  const endHeartbeat = beginHeartbeat(folder);
  try {
    return await use(folder);
  } finally {
    endHeartbeat();
    IN_USE.delete(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeFolder(dataDir: string): Promise<string> {
  const parent = join(await openDataDir(dataDir), NAME);
  await makePrivateDir(parent);
  await removeLeftFolders(dataDir);
  const name = randomUUID();
  const [draft, folder] = [join(parent, `.${name}`), join(parent, name)];
  try {
    // It bears its name only when it says whose it is.
    await mkdir(draft, { mode: PRIVATE_DIR });
    await writeOwner(draft);
    IN_USE.add(folder);
    await renamePatiently(draft, folder);
    return folder;
  } catch (error) {
    IN_USE.delete(folder);
    throw toWriteError(parent, error);
  }
}

/** Removes what processes that were killed have left behind: images and lists of values with keys in them. */
export async function removeLeftFolders(dataDir: string): Promise<void> {
  const parent = join(dataDir, NAME);
  // Nothing was made here yet, or it cannot be read: then the next one that makes a folder says so.
  for (const name of await readdir(parent).catch(() => [])) {
    const path = join(parent, name);
    if (!name.startsWith('.') && (await isAbandoned(path, IN_USE.has(path))))
      await rm(path, { recursive: true, force: true });
  }
}

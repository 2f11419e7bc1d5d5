// Folders for files that other programs have to read: private, in the data directory, and gone when they are done with.
import { mkdtemp, readdir, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDir, toWriteError } from '../files/index.js';
import { openDataDir } from './data-dir.js';
import { isMarkAlive, processMark } from './embedded/process-mark.js';

const NAME = 'work';
/** Longer than any program that gets such a folder may run. */
const LONGEST_USE_MS = 3_600_000;

/**
 * Makes a folder that only this user can enter, and removes it with all that is in it.
 * @throws DATA_DIR_UNUSABLE, FILE_UNWRITABLE, DISK_FULL, and what `use` throws
 */
export async function withWorkFolder<T>(dataDir: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await makeFolder(dataDir);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeFolder(dataDir: string): Promise<string> {
  const parent = join(await openDataDir(dataDir), NAME);
  await makePrivateDir(parent);
  await removeLeftFolders(dataDir);
  try {
    return await mkdtemp(join(parent, `${await namespaceMark()}.${processMark()}.`));
  } catch (error) {
    throw toWriteError(parent, error);
  }
}

/** Removes what processes that were killed have left behind: images and lists of values with keys in them. */
export async function removeLeftFolders(dataDir: string): Promise<void> {
  const parent = join(dataDir, NAME);
  const here = await namespaceMark();
  // Nothing was made here yet, or it cannot be read: then the next one that makes a folder says so.
  for (const name of await readdir(parent).catch(() => [])) {
    const path = join(parent, name);
    const [namespace = '', mark = ''] = name.split('.');
    // Ids of another container's processes say nothing here: age decides.
    const isLeft =
      namespace === here
        ? !isMarkAlive(mark)
        : Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs > LONGEST_USE_MS;
    if (isLeft) await rm(path, { recursive: true, force: true });
  }
}

/** Tells the sets of process ids apart that containers have; `0` where the system has but one. */
async function namespaceMark(): Promise<string> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '');
  return /\d+/.exec(link)?.[0] ?? '0';
}

// Appends to a file so that what was appended survives a power cut, and takes back what could not be written whole.
import { type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openPrivateForAppend, syncFolder, toWriteError } from '../../files/index.js';

/**
 * Opens a file of ours for reading and appending, 0600 if it is made; its folder is synced then, or a crash could lose
 * the name.
 *
 * @throws FILE_UNWRITABLE, DISK_FULL
 */
export async function openForAppend(path: string): Promise<FileHandle> {
  const file = await openPrivateForAppend(path);
  try {
    await syncFolder(dirname(path));
    return file;
  } catch (error) {
    await file.close().catch(() => undefined);
    throw toWriteError(path, error);
  }
}

/**
 * Appends all bytes and returns when they are on the disk. A failed append is taken back: no half record stays.
 *
 * @throws FILE_UNWRITABLE, DISK_FULL
 */
export async function appendDurably(file: FileHandle, path: string, bytes: Uint8Array): Promise<void> {
  let size: number | undefined;
  try {
    ({ size } = await file.stat());
    await file.appendFile(bytes);
    await file.sync();
  } catch (error) {
    if (size !== undefined) await file.truncate(size).catch(() => undefined);
    throw toWriteError(path, error);
  }
}

// Appends to a file so that what was appended survives a power cut, and cuts what a power cut left half-written.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import { PRIVATE_FILE } from '../data-dir.js';
import { codeOf, reasonOf } from '../reason.js';

/**
 * Opens a file for reading and appending, 0600 if it is made; its folder is synced then, or a crash could lose the name.
 *
 * @throws FILE_UNWRITABLE, DISK_FULL
 */
export async function openForAppend(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, PRIVATE_FILE);
    await syncFolder(dirname(path));
    return file;
  } catch (error) {
    throw toWriteError(path, error);
  }
}

/**
 * Appends all bytes and returns when they are on the disk. A failed append is taken back: no half record stays.
 *
 * @throws FILE_UNWRITABLE, DISK_FULL
 */
export async function appendDurably(file: FileHandle, path: string, bytes: Uint8Array): Promise<void> {
  const { size } = await file.stat();
  try {
    await file.appendFile(bytes);
    await file.sync();
  } catch (error) {
    await file.truncate(size).catch(() => undefined);
    throw toWriteError(path, error);
  }
}

/** Makes a new, renamed or removed name in the folder durable. Windows cannot sync folders and does so by itself. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function toWriteError(path: string, error: unknown): EspmintError {
  const full = ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
  if (full) return new EspmintError('DISK_FULL', { where: path });
  return new EspmintError('FILE_UNWRITABLE', { path, reason: reasonOf(error) });
}

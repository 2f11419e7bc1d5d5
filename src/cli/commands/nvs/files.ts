// Images and keys on disk: read whole, and written so that a reader sees the old file or the new one, never half of it.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EspmintError } from '../../../core/errors/index.js';
import { decodeKeyFile } from '../../../core/nvs/index.js';
import { reasonOf } from '../../files.js';

/** Images hold keys and passwords: only their owner reads them. */
const PRIVATE = 0o600;

/** @throws FILE_UNREADABLE */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const buffer = await readFile(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  } catch (error) {
    throw new EspmintError('FILE_UNREADABLE', { path, reason: reasonOf(error) }, { cause: error });
  }
}

/** The 64 key bytes of a key partition. @throws FILE_UNREADABLE, NVS_KEY_INVALID */
export async function readKey(path: string): Promise<Uint8Array> {
  return decodeKeyFile(await readBytes(path), `The key file ${path}`);
}

/**
 * Puts `bytes` in the place of the file at `path`, or makes it: written beside it, brought to the disk, then renamed.
 * A failure leaves the old file as it was and nothing else behind. Folders that miss are made.
 *
 * @throws FILE_UNWRITABLE
 */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  // Through a link, the file that it points to is replaced, not the link.
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeSynced(temporary, bytes);
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(temporary, { force: true });
    throw new EspmintError('FILE_UNWRITABLE', { path, reason: reasonOf(error) }, { cause: error });
  }
}

/** Writes a file that must not exist yet. @throws FILE_UNWRITABLE */
export async function createBytes(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeSynced(path, bytes);
  } catch (error) {
    throw new EspmintError('FILE_UNWRITABLE', { path, reason: reasonOf(error) }, { cause: error });
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx', PRIVATE);
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file?.close();
  }
}

/** A rename is on the disk only when its folder is; Windows cannot open folders and does without. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  try {
    await folder?.sync();
  } catch {
    return;
  } finally {
    await folder?.close();
  }
}

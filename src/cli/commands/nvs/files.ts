// Images and keys on disk: only their owner reads them.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createFile, readBytes, replaceFile, unwritable } from '../../../files/index.js';

/** Images hold keys and passwords. */
const PRIVATE = 0o600;

/** The 64 key bytes of a key partition. @throws FILE_UNREADABLE, NVS_KEY_INVALID */
export async function readKey(path: string): Promise<Uint8Array> {
  const { decodeKeyFile } = await import('../../../core/nvs/keys.js');
  return decodeKeyFile(await readBytes(path), `The key file ${path}`);
}

/** An image, in the place of the one at `path`; folders that miss are made. @throws FILE_UNWRITABLE */
export async function writeImage(path: string, bytes: Uint8Array): Promise<void> {
  await makeFolder(path);
  await replaceFile(path, bytes, { mode: PRIVATE });
}

/** A key: a file that must not exist yet; folders that miss are made. @throws FILE_UNWRITABLE */
export async function createKey(path: string, bytes: Uint8Array): Promise<void> {
  await makeFolder(path);
  await createFile(path, bytes, PRIVATE);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw unwritable(path, error);
  }
}

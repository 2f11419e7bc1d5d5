// Images and keys on disk: only their owner reads them.
import { decodeKeyFile } from '../../../core/nvs/index.js';
import { createFile, readBytes, replaceFile } from '../../files.js';

/** Images hold keys and passwords. */
const PRIVATE = 0o600;

/** The 64 key bytes of a key partition. @throws FILE_UNREADABLE, NVS_KEY_INVALID */
export async function readKey(path: string): Promise<Uint8Array> {
  return decodeKeyFile(await readBytes(path), `The key file ${path}`);
}

/** An image, in the place of the one at `path`. @throws FILE_UNWRITABLE */
export function writeImage(path: string, bytes: Uint8Array): Promise<void> {
  return replaceFile(path, bytes, PRIVATE);
}

/** A key: a file that must not exist yet. @throws FILE_UNWRITABLE */
export function createKey(path: string, bytes: Uint8Array): Promise<void> {
  return createFile(path, bytes, PRIVATE);
}

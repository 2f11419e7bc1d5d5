// Which master keys the secrets are sealed with that lie in this computer's own records.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EspmintError } from '../../../core/errors/index.js';
import { codeOf, isFolder, reasonOf } from '../../../files/index.js';

/** Folders of records that hold sealed secrets: the key journal, and reserved units. */
const FOLDERS = ['spool'];
/** The start of an envelope (see envelope.ts) under a key that was made from a master key, whose id it bears. */
const KEY_ID = /em1\.([0-9a-f]{8})\./g;
/** A record may be moved to another file while we look: then we look again. */
const TRIES = 3;

/** How many secrets there are under each. @throws FILE_UNREADABLE: then it is not known */
export async function localKeyIds(dataDir: string): Promise<ReadonlyMap<string, number>> {
  for (let tries = 1; ; tries++) {
    try {
      return await countIds(dataDir);
    } catch (error) {
      if (codeOf(error) === 'ENOENT' && tries < TRIES) continue;
      throw new EspmintError('FILE_UNREADABLE', { path: join(dataDir, 'spool'), reason: reasonOf(error) });
    }
  }
}

async function countIds(dataDir: string): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (const name of FOLDERS) {
    for (const path of await filesIn(join(dataDir, name))) {
      const text = await readFile(path, 'latin1');
      for (const [, id = ''] of text.matchAll(KEY_ID)) ids.set(id, (ids.get(id) ?? 0) + 1);
    }
  }
  return ids;
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  } catch (error) {
    // A folder in it may be gone because it was moved: only where there is no such folder at all there are no files.
    if (codeOf(error) === 'ENOENT' && !(await isFolder(folder))) return [];
    throw error;
  }
}

// Which keys the secrets that lie in this computer's own records are sealed with.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders of records that hold sealed secrets: the key journal, and places held ahead. */
const FOLDERS = ['journal', 'batch-places'];
/** The start of an envelope: see envelope.ts. */
const KEY_ID = /em1\.(\w+)\./g;

/** @throws what the file system says, also where a file was moved meanwhile: then it is not known */
export async function localKeyIds(dataDir: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const folder of FOLDERS.map((name) => join(dataDir, name)).filter((path) => existsSync(path))) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const text = await readFile(join(entry.parentPath, entry.name), 'latin1');
      for (const [, id = ''] of text.matchAll(KEY_ID)) ids.add(id);
    }
  }
  return ids;
}

// For tests: folders of a log as if the processes that made them were gone.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** No system gives an id that high. */
const NOBODY = 999_999_999;

/** @returns the folders, oldest first */
export function abandonAll(root: string): string[] {
  const folders = readdirSync(root).filter((name) => /^\d/.test(name));
  return folders.sort().map((name) => {
    const file = join(root, name, 'owner.json');
    const owner = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...owner, pid: NOBODY }));
    return join(root, name);
  });
}

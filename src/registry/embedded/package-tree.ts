// Makes the PostgreSQL tree of the npm package runnable: library links that its install script would make, and a way in.
import { randomBytes } from 'node:crypto';
import {
  access,
  chmod,
  constants,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import { shortReason } from '../reason.js';
import { isRootsAlone } from './account-files.js';
import { type Account, firstObstacle } from './account.js';
import { codeOf } from '../../files/index.js';

interface Link {
  /** Both relative to the package: `native/lib/libpq.so.5.18` and `native/lib/libpq.so.5`. */
  readonly source: string;
  readonly target: string;
}

/**
 * Returns a tree that the account can run: the package's own where that works, else a copy in `spare` (a package
 * folder that is read-only, or behind a private home when the server runs as another user).
 *
 * @throws EMBEDDED_BINARIES_MISSING
 */
export async function makeRunnable(
  tree: string,
  account: Account | undefined,
  spare: string,
): Promise<string> {
  try {
    const reachable =
      account === undefined || (await firstObstacle(join(tree, 'bin'), account)) === undefined;
    if (reachable && (await complete(tree))) return tree;
    return await copyTree(tree, account, spare);
  } catch (error) {
    const platform = `${process.platform} ${process.arch}`;
    throw new EspmintError('EMBEDDED_BINARIES_MISSING', { platform, reason: shortReason(error) });
  }
}

/** Adds what is missing in place. False where the folder is not ours to write. */
async function complete(tree: string): Promise<boolean> {
  try {
    for (const { source, target } of await linksOf(tree)) {
      const [from, to] = [join(dirname(tree), source), join(dirname(tree), target)];
      if (await exists(to)) continue;
      await symlink(relative(dirname(to), from), to).catch(unlessThere);
    }
    for (const program of ['postgres', 'initdb', 'pg_ctl']) await makeExecutable(join(tree, 'bin', program));
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) return false;
    throw error;
  }
}

async function linksOf(tree: string): Promise<readonly Link[]> {
  const list = await readFile(join(tree, 'pg-symlinks.json'), 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '[]';
    throw error;
  });
  return JSON.parse(list) as Link[];
}

async function makeExecutable(program: string): Promise<void> {
  if (process.platform === 'win32') return;
  const { mode } = await stat(program);
  if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555);
}

/**
 * Copies into a folder of ours alone: in one of the account's a link could be put in the way of a copy that the superuser
 * makes. Beside first, then renamed: several processes at once, or a crash half-way, leave no half tree.
 */
async function copyTree(tree: string, account: Account | undefined, spare: string): Promise<string> {
  await mkdir(dirname(spare), { recursive: true, mode: account === undefined ? 0o700 : 0o711 });
  if (account !== undefined && !isRootsAlone(await stat(dirname(spare))))
    throw new Error(`${dirname(spare)} can be changed by others than root`);
  if (!(await exists(join(spare, 'bin')))) {
    const draft = `${spare}.${randomBytes(6).toString('hex')}`;
    try {
      await cp(tree, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
      await complete(join(draft, 'native'));
      if (account !== undefined) await openToReaders(join(draft, 'native'));
      await rename(join(draft, 'native'), spare).catch(unlessThere);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  return spare;
}

/** A package that was installed for root alone is read by the account all the same. */
async function openToReaders(tree: string): Promise<void> {
  for (const name of ['.', ...(await readdir(tree, { recursive: true }))]) {
    const path = join(tree, name);
    const found = await lstat(path);
    if (!found.isSymbolicLink()) await chmod(path, found.mode | (found.isDirectory() ? 0o055 : 0o044));
  }
}

function unlessThere(error: unknown): void {
  if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(error) ?? '')) throw error;
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

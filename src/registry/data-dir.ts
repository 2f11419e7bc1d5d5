// Where espmint keeps its state on this machine, and how a folder in it is made private.
import { mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { EspmintError } from '../core/errors/index.js';
import { PRIVATE_DIR, codeOf, isFolder, reasonOf, restrictToUser, whyNotOurs } from '../files/index.js';

/** What decides the default place; given by tests, read from the process otherwise. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** True for the superuser of a POSIX system. */
  readonly isRoot: boolean;
}

function here(): Surroundings {
  return { platform: process.platform, env: process.env, home: homedir(), isRoot: process.getuid?.() === 0 };
}

/**
 * The place of all state when the user names none: %LOCALAPPDATA%\espmint, ~/Library/Application Support/espmint, or
 * $XDG_DATA_HOME/espmint (~/.local/share). For root it is /var/lib/espmint: PostgreSQL runs as another user then, who
 * could not get through a private home.
 */
export function defaultDataDir(at: Surroundings = here()): string {
  const { platform, env, home } = at;
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'espmint');
  if (at.isRoot) return '/var/lib/espmint';
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'espmint');
  const xdg = env['XDG_DATA_HOME'];
  // The XDG base directory specification: a relative path is to be ignored.
  return join(xdg?.startsWith('/') === true ? xdg : join(home, '.local', 'share'), 'espmint');
}

/**
 * Makes the data directory if it is missing, private to its owner; one that exists keeps its mode. One of another user,
 * or that every user can write to, is refused: what is in it could be exchanged, and what we leave in it locks its owner
 * out.
 *
 * @returns its absolute path
 * @throws DATA_DIR_UNUSABLE
 */
export async function openDataDir(dataDir: string): Promise<string> {
  const path = resolve(dataDir);
  let notOurs: string | undefined;
  try {
    await makeFolders(path);
    notOurs = whyNotOurs(await stat(path));
  } catch (error) {
    const isOther = codeOf(error) === 'EEXIST';
    const reason = isOther ? 'it is a file, or a link that leads nowhere' : reasonOf(error);
    throw new EspmintError('DATA_DIR_UNUSABLE', { path, reason });
  }
  if (notOurs !== undefined) throw new EspmintError('DATA_DIR_UNUSABLE', { path, reason: notOurs });
  return path;
}

/** As mkdir's `recursive`, which tries for ever where a file system takes no folders and calls them missing: /proc. */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: PRIVATE_DIR });
    await restrictToUser(path, 'folder');
  } catch (error) {
    if (await isFolder(path)) return;
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || parent === path || (await isFolder(parent))) throw error;
    await makeFolders(parent);
    await makeFolders(path);
  }
}

// Where espmint keeps its state on this machine, and how a folder in it is made private.
import { chmod, mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { EspmintError } from '../core/errors/index.js';
import { codeOf, reasonOf } from './reason.js';

/** Owner only: every folder that espmint makes. */
export const PRIVATE_DIR = 0o700;
/** Owner only: every file that espmint makes. */
export const PRIVATE_FILE = 0o600;

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
 * Makes the data directory if it is missing, private to its owner; one that exists keeps its mode.
 *
 * @returns its absolute path
 * @throws DATA_DIR_UNUSABLE
 */
export async function openDataDir(dataDir: string): Promise<string> {
  const path = resolve(dataDir);
  try {
    await makeFolders(path);
  } catch (error) {
    throw new EspmintError('DATA_DIR_UNUSABLE', { path, reason: reasonOf(error) });
  }
  return path;
}

/** As mkdir's `recursive`, which tries for ever where a file system takes no folders and calls them missing: /proc. */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: PRIVATE_DIR });
  } catch (error) {
    if (await isFolder(path)) return;
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || parent === path || (await isFolder(parent))) throw error;
    await makeFolders(parent);
    await makeFolders(path);
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** Makes a folder for its owner only, and corrects the mode of one that others could enter. */
export async function makePrivateDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE_DIR });
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) await chmod(path, PRIVATE_DIR);
}

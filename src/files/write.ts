// The one way in which espmint writes files: private where they hold secrets, whole or not at all, through links, into
// devices, and tried again where an indexer or a virus scanner holds the file for a moment.
import { constants, readlinkSync } from 'node:fs';
import {
  type FileHandle,
  link,
  lstat,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, toWriteError, unwritable } from './faults.js';
import { PRIVATE_FILE } from './private.js';
import { restrictToUser } from './windows-acl.js';

export interface WriteOptions {
  /** Rights of the file; 0o600 for whatever holds a secret. Default: what the user's umask leaves of 0o666. */
  readonly mode?: number | undefined;
  /** False: a power cut may lose the file, for many files that can be made again. */
  readonly isSynced?: boolean | undefined;
}

type Pieces = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** Writes a file that must not exist yet; a failure leaves nothing behind. @throws FILE_UNWRITABLE */
export async function createFile(path: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx', mode);
    if (mode === PRIVATE_FILE) await restrictToUser(path, 'file');
    await writeOut(file, [content]);
    await syncFolder(dirname(path));
  } catch (error) {
    if (file !== undefined) await rm(path, { force: true }).catch(() => undefined);
    throw unwritable(path, error);
  }
}

/**
 * Puts a file in the place of the one at `path`, or makes it, from pieces that come one after another. A reader sees
 * the old file or the whole new one; a failure leaves nothing else behind. Through a link the file that it points to is
 * replaced, not the link. A pipe or a device takes the pieces as they come.
 *
 * @throws FILE_UNWRITABLE, and what `pieces` throws of its own
 */
export async function streamToFile(path: string, pieces: Pieces, options: WriteOptions = {}): Promise<void> {
  const source = new Source(pieces);
  try {
    const target = await fileBehind(path);
    if (target === undefined) await writeOut(await open(path, 'w'), source.pieces(), { isSynced: false });
    else await putInPlace(target, source.pieces(), { ...options, isNamedByUser: true });
  } catch (error) {
    // Where the file fails, the source is ended early, and may complain of that too.
    throw source.failure?.error === error ? error : unwritable(path, error);
  }
}

/** Tells a failure of what is to be written from one of the file. */
class Source {
  failure: { readonly error: unknown } | undefined;
  readonly #pieces: Pieces;

  constructor(pieces: Pieces) {
    this.#pieces = pieces;
  }

  async *pieces(): AsyncGenerator<string | Uint8Array> {
    try {
      yield* this.#pieces;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}

/** Text or bytes as a whole file; see streamToFile. @throws FILE_UNWRITABLE */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  options?: WriteOptions,
): Promise<void> {
  return streamToFile(path, [content], options);
}

/**
 * A file of espmint's own in a folder of its own: mode 0600, whole or not at all. A link of that name is replaced, never
 * followed.
 *
 * @throws FILE_UNWRITABLE, DISK_FULL
 */
export async function replaceOwnFile(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await putInPlace(path, [content], { mode: PRIVATE_FILE });
  } catch (error) {
    throw toWriteError(path, error);
  }
}

/**
 * The same, but a file that is there already stays. Of several processes that create it at once one succeeds.
 *
 * @returns whether it was made now
 * @throws FILE_UNWRITABLE, DISK_FULL
 */
export async function createOwnFile(path: string, content: string | Uint8Array): Promise<boolean> {
  const draft = draftOf(path);
  try {
    await writeOut(await openNew(draft, PRIVATE_FILE), [content]);
    await link(draft, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw toWriteError(path, error);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/**
 * Moves a file onto another name. Windows refuses that for a moment while another program looks into either.
 *
 * @throws what the system says, once it has said so for two seconds
 */
export async function renamePatiently(from: string, to: string, move: typeof rename = rename): Promise<void> {
  for (let pauseMs = RENAME_FIRST_PAUSE_MS; ; pauseMs *= 2) {
    try {
      await move(from, to);
      return;
    } catch (error) {
      if (!HELD_BY_OTHERS.has(codeOf(error) ?? '') || pauseMs > RENAME_LAST_PAUSE_MS) throw error;
      await sleep(pauseMs);
    }
  }
}

const HELD_BY_OTHERS = new Set(['EPERM', 'EBUSY', 'EACCES']);
const RENAME_FIRST_PAUSE_MS = 10;
const RENAME_LAST_PAUSE_MS = 1000;

/** Makes a new, renamed or removed name in the folder durable. Windows cannot sync folders and does so by itself. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot do it for folders.
    if (!['EINVAL', 'ENOTSUP', 'EBADF'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/** More links than any system follows. */
const MOST_LINKS = 40;

/** Where a regular file is, or is to be made; undefined where a device or a pipe is meant. */
async function fileBehind(path: string): Promise<string | undefined> {
  const there = await unlessMissing(stat(path));
  if (there === undefined) return endOfLinks(path);
  if (!there.isFile() && !there.isDirectory()) return undefined;
  const target = await unlessMissing(realpath(path));
  const found = target === undefined ? undefined : await unlessMissing(stat(target));
  // An open file without a name, as /dev/stdout may be.
  if (found?.ino !== there.ino || found.dev !== there.dev) return undefined;
  return target;
}

/** The name that a link to nothing points to; any other name as it is. */
async function endOfLinks(path: string): Promise<string> {
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const found = await unlessMissing(lstat(at));
    if (found?.isSymbolicLink() !== true) return at;
    at = resolve(await realpath(dirname(at)), await readlink(at));
  }
  return at;
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A name beside `path` that nobody else can know; a listing for other files passes it over. */
function draftOf(path: string): string {
  const name = basename(path).slice(0, DRAFT_NAME_CHARS);
  const { randomBytes } = crypto();
  return join(dirname(path), `.${name}.${process.pid}-${pidSpace()}${randomBytes(8).toString('hex')}.tmp`);
}

const DRAFT = /^\..{1,32}\.(\d+)-([0-9a-f]{8})[0-9a-f]{16}\.tmp$/s;

/** Loaded by who writes: every command loads this file. */
const crypto = () => process.getBuiltinModule('node:crypto');

let space: string | undefined;

/** Where a process id means the same process: this computer and, on Linux, this container. */
function pidSpace(): string {
  return (space ??= crypto()
    .createHash('sha256')
    .update(`${hostname()}\0${pidNamespace()}`)
    .digest('hex')
    .slice(0, 8));
}

/** Removes what writes into this folder have left there whose process was killed. @throws FILE_UNWRITABLE */
export async function removeLeftDrafts(folder: string): Promise<void> {
  try {
    for (const name of await readdir(folder)) {
      const [, pid, madeIn] = DRAFT.exec(name) ?? [];
      if (pid === undefined || (madeIn === pidSpace() && isRunning(Number(pid)))) continue;
      // Whether a process of elsewhere still runs nobody here can tell: what was written just now may be its.
      if (madeIn !== pidSpace() && (await isFresh(join(folder, name)))) continue;
      await rm(join(folder, name), { force: true });
    }
  } catch (error) {
    throw unwritable(folder, error);
  }
}

async function isFresh(path: string): Promise<boolean> {
  const found = await unlessMissing(lstat(path));
  return found !== undefined && Math.abs(Date.now() - found.mtimeMs) < DRAFT_FRESH_MS;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and is somebody else's.
    return codeOf(error) === 'EPERM';
  }
}
const DRAFT_NAME_CHARS = 32;
const DRAFT_FRESH_MS = 60_000;

/** Never an existing file, and never through a link. */
function openNew(path: string, mode: number): Promise<FileHandle> {
  return open(path, 'wx', mode);
}

async function putInPlace(
  target: string,
  pieces: Pieces,
  { mode = 0o666, isSynced = true, isNamedByUser = false }: WriteOptions & { isNamedByUser?: boolean },
): Promise<void> {
  const draft = draftOf(target);
  try {
    const file = await openNew(draft, mode);
    // What is espmint's own inherits the rights of its folder. Thousands of images are not done one by one either.
    if (isNamedByUser && isSynced && mode === PRIVATE_FILE) await restrictToUser(draft, 'file', target);
    await writeOut(file, pieces, { isSynced });
    await renamePatiently(draft, target);
    if (isSynced) await syncFolder(dirname(target));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Writes all of it and closes; it is on the disk then, which a device cannot be asked for. */
async function writeOut(file: FileHandle, pieces: Pieces, { isSynced = true } = {}): Promise<void> {
  try {
    for await (const piece of pieces as AsyncIterable<string | Uint8Array>) await file.writeFile(piece);
    if (isSynced) await file.sync();
  } finally {
    await file.close();
  }
}

/** Bytes, nearly, of one write. */
const BLOCK_CHARS = 65_536;

/** Small pieces as blocks worth a write each. */
export async function* inBlocks(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let block = '';
  for await (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARS) continue;
    yield block;
    block = '';
  }
  if (block !== '') yield block;
}

/** In which process ids count: containers have their own. Empty where they count for the whole computer. */
export function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

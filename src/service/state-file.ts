// A small JSON file of the service's own state: read whole, checked, replaced whole and atomically, for its owner only.
import { lstat, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { EspmintError, isEspmintError } from '../core/errors/index.js';
import {
  PRIVATE_FILE,
  codeOf,
  makePrivateDir,
  replaceOwnFile,
  toWriteError,
  unreadable,
} from '../files/index.js';

const LOCK_PAUSE_MS = 20;
const LOCK_WAIT_MS = 8_000;
/** A lock that is seen for longer than this was left by a process that died: no holder needs so long for one small file. */
const LOCK_STALE_MS = 4_000;

/** Windows says EPERM or EBUSY of a lock that is just being removed. */
const HELD = process.platform === 'win32' ? ['EEXIST', 'EPERM', 'EBUSY', 'EACCES'] : ['EEXIST'];

export class StateFile<T> {
  readonly path: string;
  readonly #lockPath: string;
  readonly #schema: z.ZodType<T>;
  readonly #empty: T;
  /** Changes of this process run one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #cache: { readonly mark: string; readonly value: T } | undefined;

  constructor(path: string, schema: z.ZodType<T>, empty: T) {
    this.path = path;
    this.#lockPath = `${path}.lock`;
    this.#schema = schema;
    this.#empty = empty;
  }

  /**
   * What the file holds now, also when another process wrote it; the empty value when there never was one.
   *
   * @throws STATE_UNREADABLE for every other reason why it cannot be read
   */
  async read(): Promise<T> {
    return (await this.readIfThere()) ?? this.#empty;
  }

  /** The same; undefined when there never was one. @throws STATE_UNREADABLE */
  async readIfThere(): Promise<T | undefined> {
    const mark = await markOf(this.path);
    if (mark === undefined) return undefined;
    if (this.#cache?.mark === mark) return this.#cache.value;
    const text = await readStored(this.path);
    // Between the two looks somebody took it away, which no writer of ours does.
    if (text === undefined) throw notUsable(this.path, 'it has just gone');
    const value = this.#parse(text);
    this.#cache = { mark, value };
    return value;
  }

  /**
   * Reads, changes and writes the file with no other process in between.
   *
   * @param change returns the new content, and may be called again; what it throws leaves the file as it was
   * @throws STATE_UNREADABLE, FILE_UNWRITABLE, DISK_FULL
   */
  update(change: (value: T) => T): Promise<T> {
    const result = this.#last.then(async () => {
      await makePrivateDir(dirname(this.path));
      for (;;) {
        const lock = await this.#lock();
        try {
          const value = change(await this.read());
          // A process that slept meanwhile has lost its lock, and has read what others have changed since.
          if (!(await this.#holds(lock))) continue;
          await this.#replace(value);
          return value;
        } finally {
          // What was to be written is written: a lock that stays is taken for one of a dead process soon.
          if (await this.#holds(lock)) await rm(this.#lockPath, { force: true }).catch(() => undefined);
        }
      }
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  #parse(text: string): T {
    try {
      return this.#schema.parse(JSON.parse(text));
    } catch (error) {
      const reason = error instanceof SyntaxError ? 'it is not JSON' : 'its fields are not as expected';
      throw notUsable(this.path, reason, error);
    }
  }

  async #replace(value: T): Promise<void> {
    await replaceOwnFile(this.path, `${JSON.stringify(value, null, 2)}\n`);
    this.#cache = undefined;
  }

  /** @returns the mark of the lock, which no other one has */
  async #lock(): Promise<string | undefined> {
    const deadline = performance.now() + LOCK_WAIT_MS;
    let seen: { readonly mark: string | undefined; readonly atMs: number } | undefined;
    for (;;) {
      try {
        await (await open(this.#lockPath, 'wx', PRIVATE_FILE)).close();
        return await markOf(this.#lockPath);
      } catch (error) {
        if (!HELD.includes(codeOf(error) ?? '')) throw toWriteError(this.path, error);
        if (performance.now() > deadline) {
          const reason = `${this.#lockPath} is held by another process`;
          throw new EspmintError('FILE_UNWRITABLE', { path: this.path, reason }, { cause: error });
        }
      }
      // By its own clock, which nobody sets: a lock's time may be that of another computer.
      const mark = await markOf(this.#lockPath).catch(() => undefined);
      if (mark !== seen?.mark) seen = { mark, atMs: performance.now() };
      const isStale = seen !== undefined && performance.now() - seen.atMs > LOCK_STALE_MS;
      // Others may just have taken it over: what was seen is removed, and no other lock.
      if (isStale && (await this.#holds(mark))) await rm(this.#lockPath, { force: true });
      else await sleep(LOCK_PAUSE_MS);
    }
  }

  async #holds(mark: string | undefined): Promise<boolean> {
    return mark !== undefined && (await markOf(this.#lockPath).catch(() => undefined)) === mark;
  }
}

/** More than any of these files holds in years. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Text of a file of the service; undefined only where there never was one. A file that is there and cannot be read, or
 * a folder on the way to it that cannot be looked into, is never taken for none.
 *
 * @throws STATE_UNREADABLE
 */
export async function readStored(path: string): Promise<string | undefined> {
  if ((await markOf(path)) === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw toNotUsable(path, error);
  }
}

/** Changes with every change of the file; undefined where there is none. @throws STATE_UNREADABLE */
async function markOf(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    // A pipe would be waited for, for ever.
    if (!found.isFile()) throw notUsable(path, 'it is no file');
    if (found.size > MOST_BYTES) throw notUsable(path, `it has ${found.size} bytes`);
    return [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join('.');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw toNotUsable(path, error);
    if (await isLink(path)) throw notUsable(path, 'it is a link that leads nowhere', error);
    return undefined;
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw toNotUsable(path, error);
  }
}

export function notUsable(path: string, reason: string, cause?: unknown): EspmintError {
  return new EspmintError('STATE_UNREADABLE', { path, reason }, { cause });
}

function toNotUsable(path: string, error: unknown): EspmintError {
  if (isEspmintError(error, 'STATE_UNREADABLE')) return error;
  const fault = unreadable(path, error);
  const reason = isEspmintError(fault, 'FILE_UNREADABLE') ? fault.details.reason : fault.message;
  return notUsable(path, reason, error);
}

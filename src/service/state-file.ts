// A small JSON file of the service's own state: read whole, checked, replaced whole and atomically, for its owner only.
import { open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { EspmintError } from '../core/errors/index.js';
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
/** A lock older than this was left by a process that died: no holder needs longer for one small file. */
const LOCK_STALE_MS = 4_000;

export class StateFile<T> {
  readonly path: string;
  readonly #schema: z.ZodType<T>;
  readonly #empty: T;
  /** Changes of this process run one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #cache: { readonly mtimeMs: number; readonly size: number; readonly value: T } | undefined;

  constructor(path: string, schema: z.ZodType<T>, empty: T) {
    this.path = path;
    this.#schema = schema;
    this.#empty = empty;
  }

  /**
   * What the file holds now, also when another process wrote it; the empty value when there is none.
   *
   * @throws STATE_UNREADABLE, FILE_UNREADABLE: what cannot be read is never taken for empty
   */
  async read(): Promise<T> {
    const found = await this.#look();
    if (found === undefined) return this.#empty;
    const { mtimeMs, size } = found;
    if (this.#cache?.mtimeMs === mtimeMs && this.#cache.size === size) return this.#cache.value;
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      throw unreadable(this.path, error);
    });
    const value = this.#parse(text);
    this.#cache = { mtimeMs, size, value };
    return value;
  }

  /**
   * Reads, changes and writes the file with no other process in between.
   *
   * @param change returns the new content; what it throws leaves the file as it was
   * @throws STATE_UNREADABLE, FILE_UNREADABLE, FILE_UNWRITABLE, DISK_FULL
   */
  update(change: (value: T) => T): Promise<T> {
    const result = this.#last.then(async () => {
      await makePrivateDir(dirname(this.path));
      const unlock = await this.#lock();
      try {
        const value = change(await this.read());
        await this.#replace(value);
        return value;
      } finally {
        await unlock();
      }
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Undefined only where there is no such file. */
  async #look(): Promise<{ readonly mtimeMs: number; readonly size: number } | undefined> {
    try {
      return await stat(this.path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw unreadable(this.path, error);
    }
  }

  #parse(text: string): T {
    try {
      return this.#schema.parse(JSON.parse(text));
    } catch (error) {
      const reason = error instanceof SyntaxError ? 'it is not JSON' : 'its fields are not as expected';
      throw new EspmintError('STATE_UNREADABLE', { path: this.path, reason }, { cause: error });
    }
  }

  async #replace(value: T): Promise<void> {
    await replaceOwnFile(this.path, `${JSON.stringify(value, null, 2)}\n`);
    this.#cache = undefined;
  }

  async #lock(): Promise<() => Promise<void>> {
    const path = `${this.path}.lock`;
    const deadline = Date.now() + LOCK_WAIT_MS;
    for (;;) {
      try {
        await (await open(path, 'wx', PRIVATE_FILE)).close();
        // What was to be written is written: a lock that stays is taken for one of a dead process soon.
        return () => rm(path, { force: true }).catch(() => undefined);
      } catch (error) {
        await this.#waitForLock(path, deadline, error);
      }
    }
  }

  async #waitForLock(path: string, deadline: number, cause: unknown): Promise<void> {
    if (codeOf(cause) !== 'EEXIST') throw toWriteError(this.path, cause);
    if (Date.now() > deadline) {
      const reason = `${path} is held by another process`;
      throw new EspmintError('FILE_UNWRITABLE', { path: this.path, reason }, { cause });
    }
    const lock = await stat(path).catch(() => undefined);
    if (lock !== undefined && Date.now() - lock.mtimeMs > LOCK_STALE_MS) await rm(path, { force: true });
    else await sleep(LOCK_PAUSE_MS);
  }
}

// A small JSON file of the service's own state: read whole, checked, replaced whole and atomically, for its owner only.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { EspmintError } from '../core/errors/index.js';

const PRIVATE_FILE = 0o600;
const PRIVATE_DIR = 0o700;
const LOCK_PAUSE_MS = 20;
const LOCK_WAIT_MS = 5_000;
/** A lock older than this was left by a process that died: no holder needs longer for one small file. */
const LOCK_STALE_MS = 10_000;

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
   * @throws STATE_UNREADABLE
   */
  async read(): Promise<T> {
    const found = await stat(this.path).catch(() => undefined);
    if (found === undefined) return this.#empty;
    const { mtimeMs, size } = found;
    if (this.#cache?.mtimeMs === mtimeMs && this.#cache.size === size) return this.#cache.value;
    const value = this.#parse(await readFile(this.path, 'utf8'));
    this.#cache = { mtimeMs, size, value };
    return value;
  }

  /**
   * Reads, changes and writes the file with no other process in between.
   *
   * @param change returns the new content; what it throws leaves the file as it was
   * @throws STATE_UNREADABLE, FILE_UNWRITABLE
   */
  update(change: (value: T) => T): Promise<T> {
    const result = this.#last.then(async () => {
      await mkdir(dirname(this.path), { recursive: true, mode: PRIVATE_DIR });
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

  #parse(text: string): T {
    try {
      return this.#schema.parse(JSON.parse(text));
    } catch (error) {
      const reason = error instanceof SyntaxError ? 'it is not JSON' : 'its fields are not as expected';
      throw new EspmintError('STATE_UNREADABLE', { path: this.path, reason }, { cause: error });
    }
  }

  async #replace(value: T): Promise<void> {
    const text = `${JSON.stringify(value, null, 2)}\n`;
    try {
      await writeAtomically(this.path, text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new EspmintError('FILE_UNWRITABLE', { path: this.path, reason }, { cause: error });
    }
    this.#cache = undefined;
  }

  async #lock(): Promise<() => Promise<void>> {
    const path = `${this.path}.lock`;
    const deadline = Date.now() + LOCK_WAIT_MS;
    for (;;) {
      try {
        await (await open(path, 'wx', PRIVATE_FILE)).close();
        return () => rm(path, { force: true });
      } catch (error) {
        await this.#waitForLock(path, deadline, error);
      }
    }
  }

  async #waitForLock(path: string, deadline: number, cause: unknown): Promise<void> {
    const taken = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    if (!taken || Date.now() > deadline) {
      const reason = taken ? `${path} is held by another process` : String(cause);
      throw new EspmintError('FILE_UNWRITABLE', { path: this.path, reason }, { cause });
    }
    const lock = await stat(path).catch(() => undefined);
    if (lock !== undefined && Date.now() - lock.mtimeMs > LOCK_STALE_MS) await rm(path, { force: true });
    else await sleep(LOCK_PAUSE_MS);
  }
}

/** A name beside `path` that nobody else uses, and that a listing for other files passes over. */
export function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
}

/** Writes a new file beside the old one, syncs it, and lets it take the old one's name: a reader sees one or the other. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const fresh = draftOf(path);
  await mkdir(dirname(path), { recursive: true, mode: PRIVATE_DIR });
  const file = await open(fresh, 'w', PRIVATE_FILE);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await rename(fresh, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(fresh, { force: true });
    throw error;
  }
}

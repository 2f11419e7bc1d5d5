// Records of which no two processes may ever make use: each process has a folder of its own, and whoever moves the folder
// of one that is gone into its own owns all of it.
//
// Moving is one step that only one process can do. What was moved is then copied to the own records and removed; a crash
// in between leaves both in one folder, which the next one moves as a whole, so the same record twice must mean the same
// as once.
import { randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder, toWriteError } from '../../../files/index.js';
import { isMarkAlive, processMark } from '../../embedded/process-mark.js';
import { readSegment, Segments } from '../../spool/segments.js';

/** Time of making, mark of the process, chance: sorting by name is sorting by age. */
const FOLDER = /^\d+-(\d+-\w+-\d+)-[0-9a-f]+$/;

/** Folders that this very process writes to. */
const OPEN_HERE = new Set<string>();

export class OwnedFolder<T> {
  readonly #own: string;
  #segments: Promise<Segments<T>> | undefined;
  #adopting: Promise<unknown> = Promise.resolve();

  /** @param root of all processes; made with the first record */
  constructor(root: string) {
    this.#own = join(root, `${Date.now()}-${processMark()}-${randomBytes(4).toString('hex')}`);
  }

  /** Returns when all of them are on the disk, or none. @throws FILE_UNWRITABLE, DISK_FULL */
  async append(...records: T[]): Promise<void> {
    await (await this.#open()).append(...records);
  }

  /**
   * Takes over folders of processes that are gone.
   *
   * @param isWanted told the records of one folder
   * @param stillMatters of the records of one folder those to keep
   * @returns all that were kept, oldest folder first
   * @throws FILE_UNWRITABLE, DISK_FULL
   */
  adopt(
    isWanted: (records: readonly T[]) => boolean,
    stillMatters: (records: readonly T[]) => readonly T[],
  ): Promise<T[]> {
    const adopted = this.#adopting.then(async () => {
      const kept: T[] = [];
      for (const folder of await orphansOf(dirname(this.#own))) {
        if (isWanted(await readAll<T>(folder))) kept.push(...(await this.#take(folder, stillMatters)));
      }
      return kept;
    });
    this.#adopting = adopted.catch(() => undefined);
    return adopted;
  }

  /** The folder is removed when nothing in it matters any more. Never throws. */
  async close(isSettled: (records: readonly T[]) => boolean): Promise<void> {
    await this.#adopting;
    const segments = await this.#segments?.catch(() => undefined);
    if (segments === undefined) return;
    await segments.close(isSettled);
    OPEN_HERE.delete(basename(this.#own));
    if (!isSettled(await readAll<T>(this.#own))) return;
    await rm(this.#own, { recursive: true, force: true }).catch(() => undefined);
  }

  async #take(folder: string, stillMatters: (records: readonly T[]) => readonly T[]): Promise<readonly T[]> {
    const segments = await this.#open();
    const moved = join(this.#own, basename(folder));
    try {
      await rename(folder, moved);
    } catch {
      return []; // Another process was quicker.
    }
    // Before the copy is on the disk: after a power cut only one of the two folders may have these records.
    await makeDurable(this.#own);
    await makeDurable(dirname(this.#own));
    const kept = stillMatters(await readAll<T>(moved));
    await segments.append(...kept);
    await rm(moved, { recursive: true, force: true });
    return kept;
  }

  #open(): Promise<Segments<T>> {
    return (this.#segments ??= this.#make().catch((error: unknown) => {
      this.#segments = undefined;
      throw error;
    }));
  }

  async #make(): Promise<Segments<T>> {
    OPEN_HERE.add(basename(this.#own));
    const segments = await Segments.open<T>(this.#own);
    await makeDurable(dirname(this.#own));
    return segments;
  }
}

/** The names in it. @throws FILE_UNWRITABLE, DISK_FULL */
async function makeDurable(folder: string): Promise<void> {
  try {
    await syncFolder(folder);
  } catch (error) {
    throw toWriteError(folder, error);
  }
}

/** Folders whose process is gone, oldest first. */
async function orphansOf(root: string): Promise<string[]> {
  const names = await readdir(root).catch(() => []);
  return names
    .filter((name) => {
      const mark = FOLDER.exec(name)?.[1];
      if (mark === undefined || OPEN_HERE.has(name)) return false;
      return mark === processMark() || !isMarkAlive(mark);
    })
    .sort()
    .map((name) => join(root, name));
}

/** What was moved into a folder is older than its own records. */
async function readAll<T>(folder: string): Promise<T[]> {
  const names = await readdir(folder).catch(() => []);
  const older = names.filter((name) => FOLDER.test(name)).sort();
  const own = names.filter((name) => name.endsWith('.journal')).sort();
  const records: T[] = [];
  for (const name of older) records.push(...(await readAll<T>(join(folder, name))));
  for (const name of own) records.push(...(await readSegment<T>(join(folder, name))));
  return records;
}

// Records that are on this disk when `append` returns, or written when `note` does, kept in one folder by any number of processes.
//
// Each process appends to files in a folder of its own, so no two ever write one file. Reading reads all of them. Folders
// of processes that are gone are taken over: moved into the own folder, which one process alone can do, then what still
// matters is copied to the own file, then they are removed. A crash in between leaves both, so the same record twice must
// mean the same as once.
//
// Nobody needs to know for sure that another process is gone: whoever takes a folder moves it BEFORE reading it, and whoever
// appends looks AFTERWARDS whether the file still bears its name. A process that slept through its lease writes the same
// records again, into a new folder.
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import {
  codeOf,
  isFolder,
  makePrivateDir,
  openPrivateForAppend,
  PRIVATE_DIR,
  renamePatiently,
  syncFolder,
  toWriteError,
} from '../../files/index.js';
import { encodeFrame } from './frame.js';
import { GroupCommit } from './group-commit.js';
import { beginHeartbeat, isAbandoned, writeOwner } from './owner.js';
import { foldersIn, type LogContent, readFolder, readRoot, unlessMoved } from './read-log.js';
import { setAside } from './set-aside.js';

/** Folders that this very process writes to. */
const OPEN_HERE = new Set<string>();

interface OpenFolder {
  readonly path: string;
  readonly endHeartbeat: () => void;
  /** The last one, which is appended to; absent after a failed append. */
  file: OpenFile | undefined;
  files: number;
  records: number;
  /** It is written anew when it has more records. */
  mostRecords: number;
}

/** How a log stays short that one process writes to for long. */
interface Shortening<T> {
  /** Of the records of the own folder those that are still needed. */
  readonly stillMatters: (records: readonly T[]) => readonly T[];
  /** More than still matter. */
  readonly mostRecords?: number | undefined;
}
/** A few milliseconds to read. */
const MOST_RECORDS = 4000;

interface OpenFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly inode: bigint;
  /** Written whole. */
  sizeBytes: number;
}

interface Entry<T> {
  readonly record: T;
  /** Whether it is to be on the disk before it counts. */
  readonly isSynced: boolean;
}

export class Log<T> {
  readonly #root: string;
  readonly #shortening: Shortening<T> | undefined;
  #own: OpenFolder | undefined;
  #opening: Promise<OpenFolder> | undefined;
  #adopting: Promise<unknown> = Promise.resolve();
  readonly #appends = new GroupCommit<Entry<T>>((entries) => this.#append(entries));
  /** How often another process has taken the own folder over, believing this one gone. */
  #lost = 0;

  constructor(root: string, shortening?: Shortening<T>) {
    this.#root = root;
    this.#shortening = shortening;
  }

  /** Grows by one each time that another process has taken the own folder over: what was in it is that one's now. */
  get timesTakenOver(): number {
    return this.#lost;
  }

  /** Returns when all of them are on the disk, or none. @throws FILE_UNWRITABLE, DISK_FULL */
  append(...records: T[]): Promise<void> {
    return this.#appends.add(records.map((record) => ({ record, isSynced: true })));
  }

  /**
   * Returns when all of them are written, or none: they outlive this process, and a power cut only from the next `append`
   * on. For what is durable elsewhere, too.
   *
   * @throws FILE_UNWRITABLE, DISK_FULL
   */
  note(...records: T[]): Promise<void> {
    return this.#appends.add(records.map((record) => ({ record, isSynced: false })));
  }

  /** What all processes have written and is still there, oldest folder first. */
  async read(): Promise<LogContent<T>> {
    await this.#appends.idle();
    return readRoot<T>(this.#root);
  }

  /** The same, where a record that cannot be read must not be taken for none. @throws SPOOL_UNREADABLE */
  async readWhole(): Promise<readonly T[]> {
    const { records, faults } = await this.read();
    for (const fault of faults)
      if (fault.kind === 'unreadable')
        throw new EspmintError('SPOOL_UNREADABLE', { path: fault.path, reason: fault.reason });
    return records;
  }

  /** What this process has written or taken over, and is still there. */
  async readOwn(): Promise<readonly T[]> {
    await this.#appends.idle();
    if (this.#own === undefined) return [];
    return (await unlessMoved(readFolder<T>(this.#own.path)))?.records ?? [];
  }

  /**
   * Takes over folders of processes that are gone. One with something unreadable stays where it is; a file with damage
   * is set aside when all that is good in it is taken.
   *
   * @param stillMatters of the records of one folder those to keep
   * @param isWanted of the records of one folder whether to take it over
   * @returns all that were kept, oldest folder first
   * @throws FILE_UNWRITABLE, DISK_FULL
   */
  adopt(
    stillMatters: (records: readonly T[]) => readonly T[],
    isWanted: (records: readonly T[]) => boolean = () => true,
  ): Promise<T[]> {
    const adopted = this.#adopting.then(() => this.#adopt(stillMatters, isWanted));
    this.#adopting = adopted.catch(() => undefined);
    return adopted;
  }

  /** The own folder is removed when nothing in it matters any more and all of it can be read. Never throws. */
  async close(isSettled: (records: readonly T[]) => boolean): Promise<void> {
    await this.#adopting;
    await this.#appends.idle();
    const own = this.#own;
    if (own === undefined) return;
    this.#own = undefined;
    own.endHeartbeat();
    await own.file?.handle.close().catch(() => undefined);
    try {
      const { records, faults } = await readFolder<T>(own.path);
      if (faults.length === 0 && isSettled(records)) await rm(own.path, { recursive: true, force: true });
    } catch {
      // It stays, and the next process takes it over.
    }
    OPEN_HERE.delete(own.path);
  }

  async #adopt(
    stillMatters: (records: readonly T[]) => readonly T[],
    isWanted: (records: readonly T[]) => boolean,
  ): Promise<T[]> {
    const kept: T[] = [];
    for (const path of (await foldersIn(this.#root)).paths) {
      if (this.#own?.path === path || !(await isAbandoned(path, OPEN_HERE.has(path)))) continue;
      const content = await unlessMoved(readFolder<T>(path));
      if (content === undefined) continue;
      const { records, faults } = content;
      if (faults.some(({ kind }) => kind === 'unreadable') || !isWanted(records)) continue;
      kept.push(...(await this.#take(path, stillMatters)));
    }
    return kept;
  }

  async #take(path: string, stillMatters: (records: readonly T[]) => readonly T[]): Promise<readonly T[]> {
    const own = await this.#ownFolder();
    const moved = join(own.path, basename(path));
    try {
      await rename(path, moved);
    } catch {
      return []; // Another process was quicker, or its owner still has files of it open (Windows).
    }
    // Before the copy is on the disk: after a power cut only one of the two folders may have these records. The own folder
    // may be taken over in any moment, with all that is in it: whoever did that has these records then.
    if (!(await makeDurable(own.path))) return [];
    await makeDurable(this.#root);
    const content = await unlessMoved(readFolder<T>(moved));
    if (content === undefined) return [];
    const { records, faults } = content;
    const kept = stillMatters(records);
    await this.append(...kept);
    if (faults.some(({ kind }) => kind === 'unreadable')) return kept;
    for (const file of new Set(faults.map(({ path: damaged }) => damaged))) await setAside(this.#root, file);
    // One that cannot be removed now means the same twice, until this folder is taken over itself.
    await rm(moved, { recursive: true, force: true }).catch(() => undefined);
    return kept;
  }

  async #append(entries: readonly Entry<T>[]): Promise<void> {
    if (entries.length === 0) return;
    const bytes = framesOf(entries.map(({ record }) => record));
    const isSynced = entries.some((entry) => entry.isSynced);
    // A second time only where another process has just taken the folder over.
    for (let tries = 0; tries < MOST_TAKEOVERS; tries++) {
      const own = await this.#ownFolder();
      const file = await this.#fileOf(own);
      if (file !== undefined) {
        await this.#write(own, file, { bytes, isSynced });
        // A note is of use to this process; who takes the folder over may have read it already or not.
        if (!isSynced || (await bearsItsName(file))) {
          own.records += entries.length;
          if (own.records > own.mostRecords) await this.#shorten(own, file);
          return;
        }
      }
      this.#lost += 1;
      await this.#leave(own);
    }
    throw toWriteError(this.#root, new Error('other processes take it over again and again'));
  }

  /** Undefined where the folder was taken over. @throws FILE_UNWRITABLE, DISK_FULL */
  async #fileOf(own: OpenFolder): Promise<OpenFile | undefined> {
    try {
      return (own.file ??= await openFile(own));
    } catch (error) {
      if (await isFolder(own.path)) throw error;
      return undefined;
    }
  }

  /** A file that could not be written whole is not appended to again: what a failed sync has left is not known. */
  async #write(
    own: OpenFolder,
    file: OpenFile,
    { bytes, isSynced }: { readonly bytes: Uint8Array; readonly isSynced: boolean },
  ): Promise<void> {
    const { path, handle } = file;
    try {
      await handle.appendFile(bytes);
      if (isSynced) await handle.sync();
      file.sizeBytes += bytes.length;
    } catch (error) {
      await handle.truncate(file.sizeBytes).catch(() => undefined);
      await handle.close().catch(() => undefined);
      own.file = undefined;
      throw toWriteError(path, error);
    }
  }

  /**
   * What still matters is on the disk in a further file before the others go: a crash in between leaves both. Never
   * throws: what cannot be written anew stays as it is, and is tried again later.
   */
  async #shorten(own: OpenFolder, long: OpenFile): Promise<void> {
    if (this.#shortening === undefined) return;
    const { stillMatters, mostRecords = MOST_RECORDS } = this.#shortening;
    own.mostRecords += mostRecords;
    const content = await readFolder<T>(own.path).catch(() => undefined);
    if (content === undefined || content.faults.length > 0) return;
    const kept = stillMatters(content.records);
    const older = Array.from({ length: own.files }, (_, index) => join(own.path, `${index + 1}.log`));
    const short = await openFile(own).catch(() => undefined);
    if (short === undefined) return;
    own.file = short;
    try {
      await this.#write(own, short, { bytes: framesOf(kept), isSynced: true });
    } catch {
      await rm(short.path, { force: true }).catch(() => undefined);
      own.file = long;
      return;
    }
    own.records = kept.length;
    own.mostRecords = kept.length + mostRecords;
    await long.handle.close().catch(() => undefined);
    for (const path of older) await rm(path, { force: true }).catch(() => undefined);
  }

  async #leave(own: OpenFolder): Promise<void> {
    own.endHeartbeat();
    await own.file?.handle.close().catch(() => undefined);
    OPEN_HERE.delete(own.path);
    this.#own = undefined;
  }

  /** Appends and takeovers at the same time share one. */
  async #ownFolder(): Promise<OpenFolder> {
    if (this.#own !== undefined) return this.#own;
    this.#opening ??= this.#openFolder().finally(() => (this.#opening = undefined));
    this.#own = await this.#opening;
    return this.#own;
  }

  /** It bears its name only when it says whose it is. */
  async #openFolder(): Promise<OpenFolder> {
    const name = `${Date.now()}-${randomBytes(4).toString('hex')}`;
    const path = join(this.#root, name);
    const draft = join(this.#root, `.${name}`);
    try {
      await makePrivateDir(this.#root);
      await mkdir(draft, { mode: PRIVATE_DIR });
      await writeOwner(draft);
      OPEN_HERE.add(path);
      await renamePatiently(draft, path);
      await syncFolder(this.#root);
    } catch (error) {
      OPEN_HERE.delete(path);
      for (const made of [draft, path])
        await rm(made, { recursive: true, force: true }).catch(() => undefined);
      throw toWriteError(path, error);
    }
    const mostRecords = this.#shortening?.mostRecords ?? MOST_RECORDS;
    return { path, endHeartbeat: beginHeartbeat(path), file: undefined, files: 0, records: 0, mostRecords };
  }
}

/** Each is believed gone at most once in a lease. */
const MOST_TAKEOVERS = 3;

function framesOf(records: readonly unknown[]): Uint8Array {
  return Buffer.concat(
    records.map((record) => encodeFrame(new TextEncoder().encode(JSON.stringify(record)))),
  );
}

async function openFile(own: OpenFolder): Promise<OpenFile> {
  own.files += 1;
  const path = join(own.path, `${own.files}.log`);
  const handle = await openPrivateForAppend(path);
  try {
    await syncFolder(own.path);
    const { ino, size } = await handle.stat({ bigint: true });
    return { path, handle, inode: ino, sizeBytes: Number(size) };
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw toWriteError(path, error);
  }
}

async function bearsItsName({ path, inode }: OpenFile): Promise<boolean> {
  try {
    return (await stat(path, { bigint: true })).ino === inode;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return false;
    throw toWriteError(path, error);
  }
}

/** The names in it. False where there is no such folder any more. @throws FILE_UNWRITABLE, DISK_FULL */
async function makeDurable(folder: string): Promise<boolean> {
  try {
    await syncFolder(folder);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw toWriteError(folder, error);
  }
}

// Records that are on this disk when `append` returns, kept in one folder by any number of processes.
//
// Each process appends to a segment of its own, so no two ever write one file. Reading reads all of them. Segments of
// processes that are gone are adopted: what still matters is copied to the own segment, then they are removed; a crash
// between the two leaves both, so the same record twice must mean the same as once.
import { randomBytes } from 'node:crypto';
import { type FileHandle, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDir, syncFolder, toWriteError } from '../../files/index.js';
import { appendDurably, openForAppend } from './durable-append.js';
import { isAlive } from '../embedded/processes.js';
import { GroupCommit } from './group-commit.js';
import { decodeFrames, encodeFrame, journalHeader } from './frame.js';

/** Time of making, process id, chance: sorting by name is sorting by age. */
const SEGMENT = /^\d+-(\d+)-[0-9a-f]+\.journal$/;

/** Segments that this very process writes to: its process id alone does not tell. */
const OPEN_HERE = new Set<string>();

export class Segments<T> {
  readonly #folder: string;
  readonly #ownName = `${String(Date.now())}-${process.pid}-${randomBytes(4).toString('hex')}.journal`;
  #own: FileHandle | undefined;
  readonly #appends = new GroupCommit<T>((records) => this.#append(records));

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** The folder is made when missing. @throws FILE_UNWRITABLE, DISK_FULL */
  static async open<T>(folder: string): Promise<Segments<T>> {
    try {
      await makePrivateDir(folder);
    } catch (error) {
      throw toWriteError(folder, error);
    }
    return new Segments<T>(folder);
  }

  /** Returns when all of them are on the disk, or none. @throws FILE_UNWRITABLE, DISK_FULL */
  append(...records: T[]): Promise<void> {
    return this.#appends.add(records);
  }

  /** What all processes have written and is still there. */
  async read(): Promise<T[]> {
    await this.#appends.idle();
    const records: T[] = [];
    for (const name of await this.#names()) records.push(...(await this.#read(name)));
    return records;
  }

  /** What this process has written or adopted, and is still there. */
  async readOwn(): Promise<T[]> {
    await this.#appends.idle();
    return this.#read(this.#ownName);
  }

  /**
   * Takes over the segments of processes that are gone.
   *
   * @param stillMatters of the records of one segment those to keep
   * @returns all that were kept, oldest segment first
   */
  async adopt(stillMatters: (records: readonly T[]) => readonly T[]): Promise<T[]> {
    const adopted: T[] = [];
    for (const name of await this.#names()) {
      const pid = Number(SEGMENT.exec(name)?.[1]);
      if (OPEN_HERE.has(name) || (pid !== process.pid && isAlive(pid))) continue;
      const kept = stillMatters(await this.#read(name));
      await this.#appends.add(kept);
      await rm(join(this.#folder, name), { force: true });
      adopted.push(...kept);
    }
    return adopted;
  }

  /** Closes; the own segment is removed when nothing in it matters any more. Never throws. */
  async close(isSettled: (records: readonly T[]) => boolean): Promise<void> {
    await this.#appends.idle();
    if (this.#own === undefined) return;
    await this.#own.close().catch(() => undefined);
    this.#own = undefined;
    OPEN_HERE.delete(this.#ownName);
    if (!isSettled(await this.#read(this.#ownName))) return;
    await rm(join(this.#folder, this.#ownName), { force: true }).catch(() => undefined);
  }

  async #append(records: readonly T[]): Promise<void> {
    if (records.length === 0) return;
    const path = join(this.#folder, this.#ownName);
    if (this.#own === undefined) {
      OPEN_HERE.add(this.#ownName);
      this.#own = await openForAppend(path);
      await appendDurably(this.#own, path, journalHeader());
      await syncFolder(this.#folder);
    }
    const frames = records.map((record) => encodeFrame(new TextEncoder().encode(JSON.stringify(record))));
    await appendDurably(this.#own, path, Buffer.concat(frames));
  }

  async #names(): Promise<string[]> {
    return (await readdir(this.#folder)).filter((name) => SEGMENT.test(name)).sort();
  }

  /** A segment that another process has adopted in between reads as empty: its records are in that one's. */
  #read(name: string): Promise<T[]> {
    return readSegment<T>(join(this.#folder, name));
  }
}

/** The whole records of one segment; none where there is no such file. */
export async function readSegment<T>(path: string): Promise<T[]> {
  const bytes = await readFile(path).catch(() => new Uint8Array());
  return decodeFrames(bytes).payloads.flatMap((payload) => parse<T>(payload));
}

function parse<T>(payload: Uint8Array): T[] {
  try {
    return [JSON.parse(new TextDecoder().decode(payload)) as T];
  } catch {
    return [];
  }
}

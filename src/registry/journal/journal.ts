// The key journal: what may be on a chip is on this disk first, whatever the registry is and whether it can be reached.
//
// Each process appends to a segment of its own, so no two ever write one file. Reading reads all of them. Segments of
// processes that are gone are adopted: what still matters is copied to the own segment, then they are removed; a crash
// between the two leaves both, and the same record twice means the same as once.
import { randomBytes } from 'node:crypto';
import { type FileHandle, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDir } from '../data-dir.js';
import { appendDurably, openForAppend, syncFolder, toWriteError } from '../durable-append.js';
import { isAlive } from '../embedded/processes.js';
import { GroupCommit } from '../group-commit.js';
import type { RefusedRecord } from '../key-file.js';
import { type JournalAttempt, type JournalRecord, owedRefusals, parseRecord, sumUp } from './records.js';
import { decodeFrames, encodeFrame, journalHeader } from './frame.js';

/** Time of making, process id, chance: sorting by name is sorting by age. */
const SEGMENT = /^\d+-(\d+)-[0-9a-f]+\.journal$/;

/** Segments that journals of this very process write to: their process id alone does not tell. */
const OPEN_HERE = new Set<string>();

export class Journal {
  readonly #folder: string;
  readonly #ownName = `${String(Date.now())}-${process.pid}-${randomBytes(4).toString('hex')}.journal`;
  #own: FileHandle | undefined;
  readonly #appends = new GroupCommit<JournalRecord>((records) => this.#append(records));

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws FILE_UNWRITABLE, DISK_FULL */
  static async open(dataDir: string): Promise<Journal> {
    const folder = join(dataDir, 'journal');
    try {
      await makePrivateDir(folder);
    } catch (error) {
      throw toWriteError(folder, error);
    }
    return new Journal(folder);
  }

  /** Returns when the record is on the disk. @throws FILE_UNWRITABLE, DISK_FULL */
  append(record: JournalRecord): Promise<void> {
    return this.#appends.add([record]);
  }

  /** Every attempt that any process of this machine has journalled and that is still there, oldest first. */
  async attempts(): Promise<JournalAttempt[]> {
    return sumUp(await this.#records());
  }

  /** Boards that were stopped and that the registry has not heard of, on this machine, oldest first. */
  async refusals(): Promise<RefusedRecord[]> {
    return owedRefusals(await this.#records());
  }

  /** Takes over what processes that are gone have left. Call it when the registry can be reached. */
  async adopt(): Promise<void> {
    for (const name of await this.#segments()) {
      const pid = Number(SEGMENT.exec(name)?.[1]);
      if (OPEN_HERE.has(name) || (pid !== process.pid && isAlive(pid))) continue;
      const records = await this.#read(name);
      const kept = sumUp(records).filter(({ owed }) => owed);
      const owed = [...kept.flatMap(({ records: own }) => own), ...owedRefusals(records)];
      await this.#appends.add(owed);
      await rm(join(this.#folder, name), { force: true });
    }
  }

  /** Closes; an own segment that nothing is owed from is removed. Never throws. */
  async close(): Promise<void> {
    await this.#appends.idle();
    if (this.#own === undefined) return;
    await this.#own.close().catch(() => undefined);
    this.#own = undefined;
    OPEN_HERE.delete(this.#ownName);
    const records = await this.#read(this.#ownName);
    const isSettled = sumUp(records).every(({ owed, end }) => !owed && end !== undefined);
    if (isSettled && owedRefusals(records).length === 0) {
      await rm(join(this.#folder, this.#ownName), { force: true }).catch(() => undefined);
    }
  }

  async #append(records: readonly JournalRecord[]): Promise<void> {
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

  async #records(): Promise<JournalRecord[]> {
    await this.#appends.idle();
    const records: JournalRecord[] = [];
    for (const name of await this.#segments()) records.push(...(await this.#read(name)));
    return records;
  }

  async #segments(): Promise<string[]> {
    return (await readdir(this.#folder)).filter((name) => SEGMENT.test(name)).sort();
  }

  /** A segment that another process has adopted in between reads as empty: its records are in that one's. */
  async #read(name: string): Promise<JournalRecord[]> {
    const bytes = await readFile(join(this.#folder, name)).catch(() => new Uint8Array());
    return decodeFrames(bytes).payloads.flatMap((payload) => parseRecord(payload));
  }
}

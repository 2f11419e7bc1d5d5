// The key journal: what may be on a chip is on this disk first, whatever the registry is and whether it can be reached.
import { join } from 'node:path';
import type { RefusedRecord } from '../key-file.js';
import { type JournalAttempt, type JournalRecord, owedRefusals, sumUp } from './records.js';
import { Segments } from './segments.js';

export class Journal {
  readonly #segments: Segments<JournalRecord>;

  private constructor(segments: Segments<JournalRecord>) {
    this.#segments = segments;
  }

  /** @throws FILE_UNWRITABLE, DISK_FULL */
  static async open(dataDir: string): Promise<Journal> {
    return new Journal(await Segments.open(join(dataDir, 'journal')));
  }

  /** Returns when the record is on the disk. @throws FILE_UNWRITABLE, DISK_FULL */
  append(record: JournalRecord): Promise<void> {
    return this.#segments.append(record);
  }

  /** Every attempt that any process of this machine has journalled and that is still there, oldest first. */
  async attempts(): Promise<JournalAttempt[]> {
    return sumUp(await this.#segments.read());
  }

  /** Boards that were stopped and that the registry has not heard of, on this machine, oldest first. */
  async refusals(): Promise<RefusedRecord[]> {
    return owedRefusals(await this.#segments.read());
  }

  /** Takes over what processes that are gone have left. Call it when the registry can be reached. */
  async adopt(): Promise<void> {
    await this.#segments.adopt((records) => {
      const kept = sumUp(records).filter(({ owed }) => owed);
      return [...kept.flatMap(({ records: own }) => own), ...owedRefusals(records)];
    });
  }

  /** Closes; an own segment that nothing is owed from is removed. Never throws. */
  async close(): Promise<void> {
    await this.#segments.close(
      (records) =>
        sumUp(records).every(({ owed, end }) => !owed && end !== undefined) &&
        owedRefusals(records).length === 0,
    );
  }
}

// The key journal: what may be on a chip is on this disk first, whatever the registry is and whether it can be reached.
import { join } from 'node:path';
import type { RefusedRecord } from './key-file.js';
import { type JournalAttempt, type JournalRecord, owedRefusals, sumUp } from './records.js';
import { Segments } from './segments.js';

export class Journal {
  readonly #segments: Segments<JournalRecord>;
  /** Milliseconds of the last time that was given out, or that an attempt in here bears. */
  #latest: Promise<number> | undefined;

  private constructor(segments: Segments<JournalRecord>) {
    this.#segments = segments;
  }

  /** @throws FILE_UNWRITABLE, DISK_FULL */
  static async open(dataDir: string): Promise<Journal> {
    return new Journal(await Segments.open(join(dataDir, 'journal')));
  }

  /**
   * The time as ISO 8601, later than any before it and than all attempts in this journal, also where the computer's
   * clock was set back, as one without a battery is by a power cut: of two proofs the later one tells what a chip holds.
   */
  async now(): Promise<string> {
    this.#latest ??= this.attempts().then(latestOf, () => 0);
    this.#latest = this.#latest.then((latest) => Math.max(Date.now(), latest + 1));
    return new Date(await this.#latest).toISOString();
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

function latestOf(attempts: readonly JournalAttempt[]): number {
  const times = attempts.flatMap(({ reserved, end }) => [
    reserved.at,
    ...(end === undefined ? [] : [end.at]),
  ]);
  return times.map((at) => Date.parse(at)).reduce((latest, ms) => (ms > latest ? ms : latest), 0);
}

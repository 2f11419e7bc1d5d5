// The key journal: what may be on a chip is on this disk first, whatever the registry is and whether it can be reached.
import { makePrivateDir } from '../../files/index.js';
import type { SpoolFault } from '../registry.js';
import { inspectSpool, logFolder } from './inspect.js';
import { Log } from './log.js';
import {
  type DeadLetter,
  type JournalAttempt,
  type JournalRecord,
  owedRefusals,
  type RefusedRecord,
  sumUp,
} from './records.js';

export class Journal {
  readonly #dataDir: string;
  readonly #log: Log<JournalRecord>;
  /** Milliseconds of the last time that was given out, or that an attempt in here bears. */
  #latest: Promise<number> | undefined;

  private constructor(dataDir: string, log: Log<JournalRecord>) {
    this.#dataDir = dataDir;
    this.#log = log;
  }

  /** @throws FILE_UNWRITABLE, DISK_FULL */
  static async open(dataDir: string): Promise<Journal> {
    const folder = logFolder(dataDir, 'keys');
    await makePrivateDir(folder);
    return new Journal(dataDir, new Log(folder, { stillMatters }));
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

  /** Returns when the records are on the disk. @throws FILE_UNWRITABLE, DISK_FULL */
  append(...records: JournalRecord[]): Promise<void> {
    return this.#log.append(...records);
  }

  /** Returns when the record is written; for what the registry has on its disk, too. @throws FILE_UNWRITABLE, DISK_FULL */
  note(record: JournalRecord): Promise<void> {
    return this.#log.note(record);
  }

  /** Every attempt that any process of this machine has journalled and that is still there, oldest first. */
  async attempts(): Promise<JournalAttempt[]> {
    return sumUp((await this.#log.read()).records);
  }

  /** The same, for a decision by them: one that cannot be read is not none. @throws SPOOL_UNREADABLE */
  async wholeAttempts(): Promise<JournalAttempt[]> {
    return sumUp(await this.#log.readWhole());
  }

  /** What of everything that this computer keeps for the registry is not as it should be. Never throws. */
  faults(): Promise<readonly SpoolFault[]> {
    return inspectSpool(this.#dataDir);
  }

  /** What the registry refuses and a person has to look at, oldest first. */
  async deadLetters(): Promise<DeadLetter[]> {
    return (await this.attempts()).flatMap(({ dead }) => dead ?? []);
  }

  /** Boards that were stopped and that the registry has not heard of, on this machine, oldest first. */
  async refusals(): Promise<RefusedRecord[]> {
    return owedRefusals((await this.#log.read()).records);
  }

  /** Takes over what processes that are gone have left. Call it when the registry can be reached. */
  async adopt(): Promise<void> {
    await this.#log.adopt((records) => {
      const kept = sumUp(records).filter(({ owed, dead }) => owed || dead !== undefined);
      return [...kept.flatMap(({ records: own }) => own), ...owedRefusals(records)];
    });
  }

  /** Closes; an own segment that nothing is owed from is removed. Never throws. */
  async close(): Promise<void> {
    await this.#log.close(
      (records) =>
        sumUp(records).every(({ owed, dead, end }) => !owed && dead === undefined && end !== undefined) &&
        owedRefusals(records).length === 0,
    );
  }
}

/** Boards that this process knows out of reach of the registry: far above what lies on a bench. */
const REMEMBERED = 1000;

/** Of the records of a process that runs: what is owed or open, the newest boards, and what is said of others' records. */
function stillMatters(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const attempts = sumUp(records);
  const oldest = attempts.slice(0, -REMEMBERED);
  const settled = oldest.filter(({ owed, dead, end }) => !owed && dead === undefined && end !== undefined);
  const owed = new Set(owedRefusals(records).map(({ id }) => id));
  const refused = records.flatMap(({ type, id }) => (type === 'refused' && !owed.has(id) ? [id] : []));
  const gone = new Set([...settled.map(({ reserved }) => reserved.id), ...refused]);
  return records.filter(({ id }) => !gone.has(id));
}

function latestOf(attempts: readonly JournalAttempt[]): number {
  const times = attempts.flatMap(({ reserved, end, dead }) => [
    reserved.at,
    ...(dead === undefined ? [] : [dead.at]),
    ...(end === undefined ? [] : [end.at]),
  ]);
  return times.map((at) => Date.parse(at)).reduce((latest, ms) => (ms > latest ? ms : latest), 0);
}

// Jobs on disk, one JSON line for each thing worth keeping: a restarted service knows what was done and what was cut off.
//
// It is no part of the spool: nothing of it is owed to the database, no other process takes it over, and no step of a
// board waits for its disk (docs/reference/data-directory.md).
import { appendFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { jobSchema, type Job } from '../contract/index.js';
import { codeOf, makePrivateDir, PRIVATE_FILE, replaceOwnFile } from '../../files/index.js';

/** Jobs that can be asked for, here and after a restart; the registry keeps the history of devices for ever. */
export const KEPT_JOBS = 1000;
/** The file is written anew, with a line for each job, when it has more lines than this. */
const LINES_MAX = 10 * KEPT_JOBS;

export class Journal {
  readonly #path: string;
  /** The newest state of each job, by id, oldest first: as values, which the list of jobs holds anyway. */
  readonly #jobs = new Map<string, Job>();
  /** In the file. */
  #lineCount = 0;
  /** Of what was noted while a write was under way: the next one takes all of them. */
  #waiting: string[] = [];
  #last: Promise<void> = Promise.resolve();
  /** The first failure to write; jobs go on without the journal, for the registry is what must not fail. */
  #failure: unknown;

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'service', 'jobs.jsonl');
  }

  /** Whether everything so far could be written. */
  get isSound(): boolean {
    return this.#failure === undefined;
  }

  /** The newest state of each job, oldest job first. Lines that a power cut left half-written are passed over. */
  async load(): Promise<Job[]> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') this.#failure ??= error;
      return '';
    });
    const jobs = new Map<string, Job>();
    for (const line of text.split('\n')) {
      const job = parseLine(line);
      if (job !== undefined) jobs.set(job.id, job);
    }
    const kept = [...jobs.values()].slice(-KEPT_JOBS);
    for (const job of kept) this.#keep(job);
    if (text !== '') await this.#rewrite();
    return kept;
  }

  /** Notes the state of a job; returns at once. */
  note(job: Job): void {
    this.#keep(job);
    if (this.#waiting.push(toLine(job)) === 1) this.#last = this.#last.then(() => this.#append());
  }

  /** Resolves when everything noted so far is with the operating system. */
  flush(): Promise<void> {
    return this.#last;
  }

  #keep(job: Job): void {
    this.#jobs.set(job.id, job);
    const [oldest] = this.#jobs.keys();
    if (this.#jobs.size > KEPT_JOBS && oldest !== undefined) this.#jobs.delete(oldest);
  }

  async #append(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    try {
      await makePrivateDir(dirname(this.#path));
      if (this.#lineCount + lines.length > LINES_MAX) return await this.#rewrite();
      await appendFile(this.#path, lines.join(''), { mode: PRIVATE_FILE });
      this.#lineCount += lines.length;
    } catch (error) {
      this.#failure ??= error;
    }
  }

  async #rewrite(): Promise<void> {
    const lines = [...this.#jobs.values()].map(toLine);
    await replaceOwnFile(this.#path, lines.join(''));
    this.#lineCount = lines.length;
  }
}

function toLine(job: Job): string {
  return `${JSON.stringify(jobSchema.parse(job))}\n`;
}

function parseLine(line: string): Job | undefined {
  try {
    return jobSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

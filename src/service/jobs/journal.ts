// Jobs on disk, one JSON line for each thing worth keeping: a restarted service knows what was done and what was cut off.
import { appendFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { jobSchema, type Job } from '../contract/index.js';
import { codeOf, makePrivateDir, PRIVATE_FILE, replaceOwnFile } from '../../files/index.js';

/** Old jobs are dropped when the service starts; the registry keeps the history of devices for ever. */
const KEPT_JOBS = 5_000;

export class Journal {
  readonly #path: string;
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
    if (text !== '') await replaceOwnFile(this.#path, kept.map(toLine).join(''));
    return kept;
  }

  /** Notes the state of a job; returns at once. */
  note(job: Job): void {
    this.#last = this.#last.then(async () => {
      try {
        await makePrivateDir(dirname(this.#path));
        await appendFile(this.#path, toLine(job), { mode: PRIVATE_FILE });
      } catch (error) {
        this.#failure ??= error;
      }
    });
  }

  /** Resolves when everything noted so far is with the operating system. */
  flush(): Promise<void> {
    return this.#last;
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

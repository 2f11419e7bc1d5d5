// The jobs: one for each run of a board, from its first event to its result, published and kept as it goes.
import { randomUUID } from 'node:crypto';
import { EspmintError } from '../../core/errors/index.js';
import type { ProvisionEvent, ProvisionResult } from '../../core/stages.js';
import type { Job, LiveEvent } from '../contract/index.js';
import { advanceJob, beginJob, endJob, interruptJob, type NewJob } from './job-state.js';
import { KEPT_JOBS, type Journal } from './journal.js';

export interface JobStoreParts {
  readonly publish: (event: LiveEvent) => void;
  readonly journal: Journal;
  /** Called with each state of each job, before it is published. `isProgress`: nothing but its percentage is new. */
  readonly onChange: (job: Job, isProgress: boolean) => void;
}

export class JobStore {
  readonly #parts: JobStoreParts;
  /** By id, oldest first. */
  readonly #jobs = new Map<string, Job>();
  /** Of jobs that run. */
  readonly #paces = new Map<string, Pace>();

  constructor(parts: JobStoreParts) {
    this.#parts = parts;
  }

  /** Takes over what an earlier process left; its running jobs were interrupted. */
  restore(jobs: readonly Job[]): void {
    for (const job of jobs) {
      if (job.state !== 'running') this.#keep(job);
      else this.#change(interruptJob(job, job.startedAt), { note: true });
    }
  }

  /** Newest first. */
  list(): Job[] {
    return [...this.#jobs.values()].reverse();
  }

  /** @throws JOB_UNKNOWN */
  get(id: string): Job {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new EspmintError('JOB_UNKNOWN', { id });
    return job;
  }

  open(job: Omit<NewJob, 'id' | 'startedAt'>): Job {
    const opened = beginJob({ ...job, id: randomUUID(), startedAt: new Date().toISOString() });
    this.#paces.set(opened.id, new Pace());
    return this.#change(opened, { note: true });
  }

  /** Takes in what the flow tells. Its result is not the last word: see `close`. */
  advance(id: string, event: ProvisionEvent): void {
    // A run that was given up may still speak.
    const pace = this.#paces.get(id);
    if (pace === undefined || event.type === 'result') return;
    const job = advanceJob(this.get(id), event);
    if (event.type === 'progress') {
      this.#jobs.set(id, job);
      this.#parts.onChange(job, true);
      const { port, stage, percent } = event;
      if (pace.allows(percent)) this.#parts.publish({ type: 'progress', jobId: id, port, stage, percent });
      return;
    }
    this.#change(job, { note: event.type === 'identity' });
    if (event.type === 'identity') this.#tellDevice(event);
  }

  /** A unit waits for the scan of its label, or does so no longer. */
  awaitScan(id: string, scanning: boolean): void {
    if (this.#paces.has(id)) this.#change({ ...this.get(id), scanning }, { note: false });
  }

  close(id: string, result: ProvisionResult): void {
    if (!this.#paces.delete(id)) return;
    this.#change(endJob(this.get(id), result, new Date().toISOString()), { note: true });
    if (result.ok) this.#tellDevice(result);
  }

  /** @throws JOB_UNKNOWN, JOB_RUNNING */
  acknowledge(id: string): Job {
    const job = this.get(id);
    if (job.state === 'running') throw new EspmintError('JOB_RUNNING', { id });
    return job.seen ? job : this.#change({ ...job, seen: true }, { note: true });
  }

  #tellDevice({ mac, uuid }: { readonly mac: string; readonly uuid: string }): void {
    this.#parts.publish({ type: 'device', mac, uuid });
  }

  #change(job: Job, { note }: { readonly note: boolean }): Job {
    this.#keep(job);
    if (note) this.#parts.journal.note(job);
    this.#parts.onChange(job, false);
    this.#parts.publish({ type: 'job', job });
    return job;
  }

  #keep(job: Job): void {
    this.#jobs.set(job.id, job);
    if (this.#jobs.size <= KEPT_JOBS) return;
    for (const { id, state } of this.#jobs.values()) {
      if (state === 'running') continue;
      this.#jobs.delete(id);
      return;
    }
  }
}

// Thins out progress: a screen needs no more than ten numbers a second, and always the last one.
const INTERVAL_MS = 100;

class Pace {
  #lastMs = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether this percentage is to be published. */
  allows(percent: number): boolean {
    const now = this.#now();
    if (percent < 100 && now - this.#lastMs < INTERVAL_MS) return false;
    this.#lastMs = now;
    return true;
  }
}

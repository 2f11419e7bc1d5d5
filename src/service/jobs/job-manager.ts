// Runs jobs: one at a port, each fed by the events of the flow; tells everybody, keeps the ended ones, stops in good order.
import { randomUUID } from 'node:crypto';
import { EspmintError } from '../../core/errors/index.js';
import type { ProvisionEvent, ProvisionResult } from '../../core/stages.js';
import type { ProvisionPlan } from '../../provision/index.js';
import type { Job, LiveEvent, ProfileName } from '../contract/index.js';
import { advanceJob, beginJob, interruptJob } from './job-state.js';
import type { Journal } from './journal.js';
import { Pace } from './pace.js';

export interface JobParts {
  /** Provisions one board; never throws. */
  readonly run: (
    port: string,
    plan: ProvisionPlan,
    options: { readonly onEvent: (event: ProvisionEvent) => void; readonly signal: AbortSignal },
  ) => Promise<ProvisionResult>;
  readonly publish: (event: LiveEvent) => void;
  readonly journal: Journal;
  /** Told of each state of each job, before it is published. */
  readonly onChange: (job: Job) => void;
}

export interface JobRequest {
  readonly port: string;
  readonly slot: number;
  readonly profile: ProfileName;
  readonly plan: ProvisionPlan;
  readonly startedBy: string;
  readonly retryOf?: string | undefined;
}

interface Running {
  readonly id: string;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Ended jobs that can be asked for. */
export const KEPT_JOBS = 1000;

export class JobManager {
  readonly #parts: JobParts;
  /** By id, oldest first. */
  readonly #jobs = new Map<string, Job>();
  /** By port. */
  readonly #running = new Map<string, Running>();
  #stopping = false;

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  /** Takes over what an earlier process left; its running jobs were interrupted. */
  restore(jobs: readonly Job[]): void {
    for (const job of jobs) {
      if (job.state !== 'running') this.#keep(job);
      else this.#change(interruptJob(job, job.startedAt), { note: true });
    }
  }

  isBusy(port: string): boolean {
    return this.#running.has(port);
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /**
   * Starts all of these jobs, or none.
   *
   * @throws SERVICE_STOPPING, PORT_IN_USE
   */
  start(requests: readonly JobRequest[]): Job[] {
    if (this.#stopping) throw new EspmintError('SERVICE_STOPPING', {});
    const ports = new Set<string>();
    for (const { port } of requests) {
      if (this.#running.has(port) || ports.has(port)) throw new EspmintError('PORT_IN_USE', { port });
      ports.add(port);
    }
    return requests.map((request) => this.#begin(request));
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

  /** Asks a job to stop. @throws JOB_UNKNOWN, JOB_NOT_RUNNING */
  cancel(id: string): Job {
    const job = this.get(id);
    if (job.state !== 'running') throw new EspmintError('JOB_NOT_RUNNING', { id, state: job.state });
    this.#running.get(job.port)?.stop.abort();
    return job;
  }

  /** @throws JOB_UNKNOWN, JOB_RUNNING */
  acknowledge(id: string): Job {
    const job = this.get(id);
    if (job.state === 'running') throw new EspmintError('JOB_RUNNING', { id });
    return job.seen ? job : this.#change({ ...job, seen: true }, { note: true });
  }

  /**
   * Takes no more jobs, gives the running ones time to finish, then asks them to stop at their next safe point.
   * Resolves when none runs.
   */
  async drain(patienceMs: number): Promise<void> {
    this.#stopping = true;
    const all = Promise.all([...this.#running.values()].map(({ ended }) => ended));
    const timer = setTimeout(() => {
      for (const { stop } of this.#running.values()) stop.abort();
    }, patienceMs);
    try {
      await all;
    } finally {
      clearTimeout(timer);
    }
    await this.#parts.journal.flush();
  }

  #begin({ plan, ...request }: JobRequest): Job {
    const job = beginJob({
      ...request,
      id: randomUUID(),
      attempts: plan.attempts,
      startedAt: new Date().toISOString(),
    });
    const stop = new AbortController();
    this.#change(job, { note: true });
    const ended = this.#run(job.id, plan, stop.signal);
    this.#running.set(job.port, { id: job.id, stop, ended });
    return job;
  }

  async #run(id: string, plan: ProvisionPlan, signal: AbortSignal): Promise<void> {
    const { port } = this.get(id);
    const pace = new Pace();
    // The flow may report before this function has returned: let the caller finish its own bookkeeping first.
    await Promise.resolve();
    try {
      await this.#parts.run(port, plan, { signal, onEvent: (event) => this.#onEvent(id, event, pace) });
    } finally {
      this.#release(port, id);
    }
    const job = this.get(id);
    if (job.state === 'running') this.#change(interruptJob(job, new Date().toISOString()), { note: true });
  }

  #onEvent(id: string, event: ProvisionEvent, pace: Pace): void {
    const job = advanceJob(this.get(id), event, new Date().toISOString());
    if (event.type === 'progress') {
      this.#jobs.set(id, job);
      const { port, stage, percent } = event;
      if (pace.allows(percent)) this.#parts.publish({ type: 'progress', jobId: id, port, stage, percent });
      return;
    }
    // The port is free before anybody hears of the end: who retries at once is not refused.
    if (event.type === 'result') this.#release(event.port, id);
    this.#change(job, { note: event.type === 'identity' || event.type === 'result' });
    if (event.type === 'identity' || (event.type === 'result' && event.ok)) {
      this.#parts.publish({ type: 'device', mac: event.mac, uuid: event.uuid });
    }
  }

  /** Another job may have taken the port by now. */
  #release(port: string, id: string): void {
    if (this.#running.get(port)?.id === id) this.#running.delete(port);
  }

  #change(job: Job, { note }: { readonly note: boolean }): Job {
    this.#keep(job);
    if (note) this.#parts.journal.note(job);
    this.#parts.onChange(job);
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

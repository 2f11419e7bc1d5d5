// A job as values: how it begins, and what each event of the flow makes of it.
import { EspmintError } from '../../core/errors/index.js';
import type { ProvisionEvent, ProvisionResult, Stage } from '../../core/stages.js';
import { actionOf } from '../../station/index.js';
import type { Job, JobStage, ProfileName } from '../contract/index.js';

export interface NewJob {
  readonly id: string;
  readonly port: string;
  readonly slot: number;
  readonly profile: ProfileName;
  /** Whole tries. */
  readonly attempts: number;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly retryOf?: string | undefined;
  readonly batch?: string | undefined;
  readonly lot?: string | undefined;
  readonly check?: boolean | undefined;
}

export function beginJob(job: NewJob): Job {
  return { ...job, state: 'running', attempt: 1, stages: [], warnings: [], seen: false };
}

/** The job after an event. Another attempt begins with no stages; what was learnt of the board stays. */
export function advanceJob(job: Job, event: Exclude<ProvisionEvent, ProvisionResult>): Job {
  switch (event.type) {
    case 'attempt':
      return {
        ...job,
        attempt: event.attempt,
        attempts: event.of,
        stages: [],
        percent: undefined,
        action: undefined,
        doneBytes: undefined,
      };
    case 'stage':
      return { ...job, action: undefined, stages: withStage(job.stages, event) };
    case 'progress':
      return { ...job, percent: event.percent, doneBytes: event.doneBytes, totalBytes: event.totalBytes };
    case 'firmware':
      return { ...job, firmware: event.app };
    case 'chip':
      return { ...job, chip: event.facts, mac: event.facts.mac };
    case 'identity':
      return { ...job, mac: event.mac, uuid: event.uuid, known: event.known };
    case 'nvs':
      return job;
    case 'action':
      return { ...job, action: actionOf(event) };
    case 'warning':
      return { ...job, warnings: [...job.warnings, { code: event.code, message: event.message }] };
  }
}

/** The job with its result, which may say more than the flow knew: a board that was pulled, a run that took too long. */
export function endJob(job: Job, result: ProvisionResult, endedAt: string): Job {
  const ended = { ...job, scanning: undefined, action: undefined, endedAt, durationMs: result.durationMs };
  if (result.ok) {
    const { image, serial, alreadyDone, wifi } = result;
    return { ...ended, state: 'passed', image, serial, alreadyDone, wifi };
  }
  const { code, message, next, stage, retryable, conflict, log, wifi } = result;
  const state = code === 'CANCELLED' ? 'cancelled' : 'failed';
  return {
    ...ended,
    state,
    wifi,
    failure: { code, message, next, stage, retryable, conflict, log: log && [...log] },
  };
}

/** A job whose process is gone. */
export function interruptJob(job: Job, endedAt: string): Job {
  const { code, message, next, retryable } = new EspmintError('JOB_INTERRUPTED', { port: job.port });
  const stage = job.stages.at(-1)?.stage ?? 'connect';
  return {
    ...job,
    action: undefined,
    state: 'interrupted',
    endedAt,
    failure: { code, message, next, stage, retryable },
  };
}

function withStage(
  stages: readonly JobStage[],
  event: {
    readonly stage: Stage;
    readonly state: 'started' | 'done' | 'failed';
    readonly durationMs?: number;
  },
): JobStage[] {
  const others = stages.filter(({ stage }) => stage !== event.stage);
  if (event.state === 'started') return [...others, { stage: event.stage, state: 'running' }];
  return [...others, { stage: event.stage, state: event.state, durationMs: event.durationMs }];
}

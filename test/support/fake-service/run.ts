// A job that goes the way of a real one, stage by stage, at a pace that a test chooses.
import { setTimeout as sleep } from 'node:timers/promises';
import { STAGES, type Stage } from '../../../src/core/stages.js';
import type { Job, ProfileName } from '../../../src/service/contract/index.js';
import { sampleMac, sampleUuid, type FakeWorld } from './world.js';
import { imageOf } from '../proof.js';

export interface Pace {
  /** Of each stage; the write takes ten times as long. */
  readonly stageMs: number;
}

const STEPS_OF_WRITE = 20;
const HOLD_POLL_MS = 5;

interface RunOptions {
  readonly world: FakeWorld;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

export function newJob(world: FakeWorld, port: string, profile: ProfileName, retryOf?: string): Job {
  const state = world.ports.get(port);
  return {
    id: `job-${world.jobs.length + 1}`,
    port,
    slot: state?.slot ?? 0,
    profile,
    state: 'running',
    ...(retryOf === undefined ? {} : { retryOf }),
    attempt: 1,
    attempts: 3,
    stages: [],
    warnings: [],
    startedAt: new Date().toISOString(),
    startedBy: 'operator',
    seen: false,
  };
}

/** Runs to its end; pulling the board fails it, aborting cancels it. */
export async function runJob(first: Job, options: RunOptions): Promise<void> {
  const { world, pace, signal } = options;
  const started = Date.now();
  const index = world.jobs.length * 7 + first.slot;
  let job = world.putJob(first);
  const finish = (end: Partial<Job>): void => {
    world.putJob({ ...job, ...end, endedAt: new Date().toISOString(), durationMs: Date.now() - started });
  };
  for (const stage of STAGES) {
    const stageStarted = Date.now();
    job = world.putJob({ ...job, stages: [...job.stages, { stage, state: 'running' }] });
    const steps = stage === 'write' ? STEPS_OF_WRITE : 1;
    for (let step = 1; step <= steps; step++) {
      await sleep(stage === 'write' ? pace.stageMs / 2 : pace.stageMs, undefined, { signal }).catch(
        () => undefined,
      );
      const isOver = (): boolean => signal.aborted || world.ports.get(job.port)?.present !== true;
      while (world.heldAt === stage && !isOver()) await sleep(HOLD_POLL_MS);
      if (isOver()) {
        finish(failed(job, stage, signal.aborted));
        return;
      }
      if (stage === 'write') {
        job = { ...job, percent: (step / steps) * 100 };
        world.emit({ type: 'progress', jobId: job.id, port: job.port, stage, percent: job.percent ?? 0 });
      }
    }
    job = { ...job, ...learnt(stage, index), stages: close(job, stage, Date.now() - stageStarted, 'done') };
  }
  finish({ state: 'passed', image: imageOf('ab') });
  record(world, job, index);
}

/** What each stage finds out. */
function learnt(stage: Stage, index: number): Partial<Job> {
  if (stage === 'connect') {
    const mac = sampleMac(index);
    const chip = {
      chip: 'esp32',
      description: 'ESP32-D0WD-V3',
      revision: 'v3.1',
      mac,
      flashSizeBytes: 4 << 20,
    };
    return { mac, chip };
  }
  return stage === 'identify' ? { uuid: sampleUuid(index), known: 'new' } : {};
}

function close(job: Job, stage: Stage, durationMs: number, state: 'done' | 'failed'): Job['stages'] {
  return job.stages.map((entry) => (entry.stage === stage ? { stage, state, durationMs } : entry));
}

function failed(job: Job, stage: Stage, cancelled: boolean): Partial<Job> {
  const stages = close(job, stage, 100, 'failed');
  if (cancelled) {
    const message = `${job.port} was stopped on request; run it again when you are ready.`;
    const next = 'run it again when you are ready';
    return {
      state: 'cancelled',
      stages,
      failure: { code: 'CANCELLED', message, next, stage, retryable: true },
    };
  }
  const next = 'plug the board in again and retry';
  const message = `${job.port}: the connection went away (the board was unplugged); ${next}.`;
  return { state: 'failed', stages, failure: { code: 'LINK_CLOSED', message, next, stage, retryable: true } };
}

function record(world: FakeWorld, job: Job, index: number): void {
  const at = new Date().toISOString();
  const mac = sampleMac(index);
  world.devices.unshift({
    id: world.devices.length + 1,
    uuid: sampleUuid(index),
    mac,
    status: 'provisioned',
    provisionedAt: at,
    units: [],
    keys: [{ id: 1, state: 'current', createdAt: job.startedAt, provenAt: at }],
    attempts: [{ id: job.id, outcome: 'passed', startedAt: job.startedAt, endedAt: at }],
  });
  world.emit({ type: 'device', mac, uuid: sampleUuid(index) });
}

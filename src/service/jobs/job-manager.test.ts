// Jobs: one at a port, each state told, stopped in good order, known after a restart.
import { mkdtemp, rm, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Failed, Passed, ProvisionEvent, ProvisionResult } from '../../core/stages.js';
import type { ProvisionPlan } from '../../provision/index.js';
import type { Job, LiveEvent } from '../contract/index.js';
import { JobManager, type JobParts, type JobRequest } from './job-manager.js';
import { Journal } from './journal.js';

type Emit = (event: ProvisionEvent) => void;

const PORT = '/dev/ttyUSB0';
const PASSED: Passed = {
  type: 'result',
  ok: true,
  port: PORT,
  chip: 'esp32',
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  offset: 0x9000,
  size: 0x10000,
  imageSha256: 'ab'.repeat(32),
  durationMs: 12,
  stagesMs: {},
};
const FAILED: Failed = {
  type: 'result',
  ok: false,
  port: PORT,
  code: 'LINK_TIMEOUT',
  message: 'no answer; check the cable.',
  next: 'Check the cable.',
  stage: 'connect',
  retryable: true,
  durationMs: 3,
};

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'espmint-jobs-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const request = (port = PORT): JobRequest => ({
  port,
  slot: 1,
  profile: { name: 'sensor', version: 1 },
  plan: { attempts: 3 } as ProvisionPlan,
  startedBy: 'lan',
});

/** A manager whose runs wait until the test ends them. */
function createManager() {
  const events: LiveEvent[] = [];
  const runs: { emit: Emit; end: (result: ProvisionResult) => void; signal: AbortSignal }[] = [];
  const parts: JobParts = {
    run: (_port, _plan, { onEvent, signal }) =>
      new Promise((resolve) => {
        const end = (result: ProvisionResult): void => {
          onEvent(result);
          resolve(result);
        };
        signal.addEventListener('abort', () => end({ ...FAILED, code: 'CANCELLED' }));
        runs.push({ emit: onEvent, end, signal });
      }),
    publish: (event) => events.push(event),
    journal: new Journal(dataDir),
    onChange: () => undefined,
  };
  return { manager: new JobManager(parts), events, runs, journal: parts.journal };
}

async function startOne() {
  const bench = createManager();
  const [job] = bench.manager.start([request()]);
  await vi.waitFor(() => expect(bench.runs).toHaveLength(1));
  const [run] = bench.runs;
  if (job === undefined || run === undefined) throw new Error('no job');
  return { ...bench, job, run };
}

describe('a job', () => {
  it('tells of chip, identity, stages and its end', async () => {
    const { manager, events, job, run } = await startOne();
    run.emit({ type: 'stage', port: PORT, stage: 'connect', state: 'started' });
    run.emit({ type: 'stage', port: PORT, stage: 'connect', state: 'done', durationMs: 5 });
    run.emit({ type: 'identity', port: PORT, mac: PASSED.mac, uuid: PASSED.uuid, known: 'new' });
    run.end(PASSED);
    expect(manager.get(job.id)).toMatchObject({
      state: 'passed',
      mac: PASSED.mac,
      stages: [{ stage: 'connect', state: 'done', durationMs: 5 }],
      image: { offset: 0x9000, size: 0x10000 },
    });
    expect(events.map(({ type }) => type)).toEqual(['job', 'job', 'job', 'job', 'device', 'job', 'device']);
  });
  it('forgets the stages of an attempt that is followed by another, and keeps the reason', async () => {
    const { manager, job, run } = await startOne();
    run.emit({ type: 'attempt', port: PORT, attempt: 1, of: 3 });
    run.emit({ type: 'stage', port: PORT, stage: 'connect', state: 'started' });
    run.emit({ type: 'warning', port: PORT, code: 'LINK_TIMEOUT', message: 'no answer' });
    run.emit({ type: 'attempt', port: PORT, attempt: 2, of: 3 });
    expect(manager.get(job.id)).toMatchObject({
      attempt: 2,
      stages: [],
      warnings: [{ code: 'LINK_TIMEOUT' }],
    });
  });
  it('thins out its progress and still reaches 100', async () => {
    const { events, run } = await startOne();
    for (let percent = 0; percent <= 100; percent++) {
      run.emit({ type: 'progress', port: PORT, stage: 'write', percent });
    }
    const told = events.flatMap((event) => (event.type === 'progress' ? [event.percent] : []));
    expect(told.length).toBeLessThan(5);
    expect(told.at(-1)).toBe(100);
  });
  it('holds its port until it ends; whoever hears of the end may start at once', async () => {
    const { manager, runs, run } = await startOne();
    expect(() => manager.start([request()])).toThrow(expect.objectContaining({ code: 'PORT_IN_USE' }));
    run.end(FAILED);
    manager.start([request()]);
    await vi.waitFor(() => expect(runs).toHaveLength(2));
    await new Promise((resolve) => setImmediate(resolve));
    expect(manager.isBusy(PORT)).toBe(true);
  });
  it('is cancelled, and cannot be twice', async () => {
    const { manager, job } = await startOne();
    manager.cancel(job.id);
    expect(manager.get(job.id)).toMatchObject({ state: 'cancelled', failure: { code: 'CANCELLED' } });
    expect(() => manager.cancel(job.id)).toThrow(expect.objectContaining({ code: 'JOB_NOT_RUNNING' }));
  });
  it('can be noted as seen once it has ended', async () => {
    const { manager, job, run } = await startOne();
    expect(() => manager.acknowledge(job.id)).toThrow(expect.objectContaining({ code: 'JOB_RUNNING' }));
    run.end(FAILED);
    expect(manager.acknowledge(job.id).seen).toBe(true);
  });
});

describe('several jobs', () => {
  it('start all together or not at all', () => {
    const { manager, runs } = createManager();
    const twice = [request('a'), request('b'), request('a')];
    expect(() => manager.start(twice)).toThrow(expect.objectContaining({ code: 'PORT_IN_USE' }));
    expect(manager.list()).toHaveLength(0);
    expect(runs).toHaveLength(0);
  });
});

describe('stopping', () => {
  it('waits for a board that finishes in time', async () => {
    const { manager, job, run } = await startOne();
    const drained = manager.drain(5_000);
    expect(() => manager.start([request('b')])).toThrow(
      expect.objectContaining({ code: 'SERVICE_STOPPING' }),
    );
    run.end(PASSED);
    await drained;
    expect(manager.get(job.id).state).toBe('passed');
  });
  it('asks a board to stop that takes too long', async () => {
    const { manager, job } = await startOne();
    await manager.drain(10);
    expect(manager.get(job.id).state).toBe('cancelled');
  });
});

describe('after a restart', () => {
  async function restart(): Promise<Job[]> {
    const { manager, journal } = createManager();
    manager.restore(await journal.load());
    return manager.list();
  }
  it('ended jobs are known, and running ones were interrupted with their board named', async () => {
    const { manager, runs, run, journal } = await startOne();
    manager.start([request('b')]);
    await vi.waitFor(() => expect(runs).toHaveLength(2));
    run.end(FAILED);
    runs[1]?.emit({ type: 'identity', port: 'b', mac: PASSED.mac, uuid: PASSED.uuid, known: 'new' });
    await journal.flush();
    expect(await restart()).toMatchObject([
      { port: 'b', state: 'interrupted', mac: PASSED.mac, failure: { code: 'JOB_INTERRUPTED' } },
      { port: PORT, state: 'failed' },
    ]);
    expect(await restart()).toMatchObject([{ state: 'interrupted' }, { state: 'failed' }]);
  });
  it('a line that a power cut tore is passed over', async () => {
    const { run, journal } = await startOne();
    run.end(PASSED);
    await journal.flush();
    await appendFile(join(dataDir, 'service', 'jobs.jsonl'), '{"id":"half');
    expect(await restart()).toMatchObject([{ state: 'passed' }]);
  });
});

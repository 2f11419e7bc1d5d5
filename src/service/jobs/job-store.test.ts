// Jobs: each state told and kept, the result the last word, known after a restart.
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Failed, Passed, ProvisionEvent, ProvisionResult } from '../../core/stages.js';
import type { Job, LiveEvent } from '../contract/index.js';
import { JobStore } from './job-store.js';
import { Journal } from './journal.js';
import { imageOf } from '../../../test/support/proof.js';

const PORT = '/dev/ttyUSB0';
const PASSED: Passed = {
  type: 'result',
  ok: true,
  port: PORT,
  chip: 'esp32',
  mac: 'a4:cf:12:34:56:78',
  uuid: '110e3dc9-fa05-568f-a05a-98d00891029d',
  image: imageOf('ab'),
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
/** Each store writes behind the test's back. */
const journals: Journal[] = [];
afterEach(async () => {
  for (const journal of journals.splice(0)) await journal.flush();
  await rm(dataDir, { recursive: true, force: true });
});

const request = (port = PORT) => ({
  port,
  slot: 1,
  profile: { name: 'sensor', version: 1 },
  attempts: 3,
  startedBy: 'lan',
});

function createStore() {
  const events: LiveEvent[] = [];
  const journal = new Journal(dataDir);
  journals.push(journal);
  const jobs = new JobStore({ publish: (event) => events.push(event), journal, onChange: () => undefined });
  const job = jobs.open(request());
  const emit = (event: ProvisionEvent): void => jobs.advance(job.id, event);
  const end = (result: ProvisionResult): void => jobs.close(job.id, result);
  return { jobs, events, journal, job, emit, end };
}

describe('a job', () => {
  it('tells of chip, identity, stages and its end', () => {
    const { jobs, events, job, emit, end } = createStore();
    emit({ type: 'stage', port: PORT, stage: 'connect', state: 'started' });
    emit({ type: 'stage', port: PORT, stage: 'connect', state: 'done', durationMs: 5 });
    emit({ type: 'identity', port: PORT, mac: PASSED.mac, uuid: PASSED.uuid, known: 'new' });
    end(PASSED);
    expect(jobs.get(job.id)).toMatchObject({
      state: 'passed',
      mac: PASSED.mac,
      stages: [{ stage: 'connect', state: 'done', durationMs: 5 }],
      image: PASSED.image,
    });
    expect(events.map(({ type }) => type)).toEqual(['job', 'job', 'job', 'job', 'device', 'job', 'device']);
  });
  it('forgets the stages of an attempt that is followed by another, and keeps the reason', () => {
    const { jobs, job, emit } = createStore();
    emit({ type: 'attempt', port: PORT, attempt: 1, of: 3 });
    emit({ type: 'stage', port: PORT, stage: 'connect', state: 'started' });
    emit({ type: 'warning', port: PORT, code: 'LINK_TIMEOUT', message: 'no answer' });
    emit({ type: 'attempt', port: PORT, attempt: 2, of: 3 });
    expect(jobs.get(job.id)).toMatchObject({
      attempt: 2,
      stages: [],
      warnings: [{ code: 'LINK_TIMEOUT' }],
    });
  });
  it('thins out its progress and still reaches 100', () => {
    const { events, emit } = createStore();
    for (let percent = 0; percent <= 100; percent++) {
      emit({ type: 'progress', port: PORT, stage: 'write', percent });
    }
    const announced = events.flatMap((event) => (event.type === 'progress' ? [event.percent] : []));
    expect(announced.length).toBeLessThan(5);
    expect(announced.at(-1)).toBe(100);
  });
  it('ends with the word of the station, not with what the flow said last', () => {
    const { jobs, job, emit, end } = createStore();
    emit(FAILED);
    expect(jobs.get(job.id).state).toBe('running');
    end({ ...FAILED, code: 'BOARD_REMOVED' });
    expect(jobs.get(job.id)).toMatchObject({ state: 'failed', failure: { code: 'BOARD_REMOVED' } });
  });
  it('hears nothing any more once it has ended', () => {
    const { jobs, job, emit, end, events } = createStore();
    end({ ...FAILED, code: 'CANCELLED' });
    const before = events.length;
    emit({ type: 'warning', port: PORT, code: 'LINK_TIMEOUT', message: 'late' });
    end(PASSED);
    expect(jobs.get(job.id)).toMatchObject({ state: 'cancelled', warnings: [] });
    expect(events).toHaveLength(before);
  });
  it('shows that its label is to be scanned, until it ends', () => {
    const { jobs, job, end } = createStore();
    jobs.awaitScan(job.id, true);
    expect(jobs.get(job.id).scanning).toBe(true);
    end(FAILED);
    expect(jobs.get(job.id).scanning).toBeUndefined();
  });
  it('can be noted as seen once it has ended', () => {
    const { jobs, job, end } = createStore();
    expect(() => jobs.acknowledge(job.id)).toThrow(expect.objectContaining({ code: 'JOB_RUNNING' }));
    end(FAILED);
    expect(jobs.acknowledge(job.id).seen).toBe(true);
  });
});

describe('after a restart', () => {
  async function restart(): Promise<Job[]> {
    const journal = new Journal(dataDir);
    const jobs = new JobStore({ publish: () => undefined, journal, onChange: () => undefined });
    jobs.restore(await journal.load());
    await journal.flush();
    return jobs.list();
  }
  it('ended jobs are known, and running ones were interrupted with their board named', async () => {
    const { jobs, end, journal } = createStore();
    const other = jobs.open(request('b'));
    end(FAILED);
    jobs.advance(other.id, { type: 'identity', port: 'b', mac: PASSED.mac, uuid: PASSED.uuid, known: 'new' });
    await journal.flush();
    expect(await restart()).toMatchObject([
      { port: 'b', state: 'interrupted', mac: PASSED.mac, failure: { code: 'JOB_INTERRUPTED' } },
      { port: PORT, state: 'failed' },
    ]);
    expect(await restart()).toMatchObject([{ state: 'interrupted' }, { state: 'failed' }]);
  });
  it('the file of a service that runs for a year holds the newest jobs, and not each of their states', async () => {
    const journal = new Journal(dataDir);
    const jobs = new JobStore({ publish: () => undefined, journal, onChange: () => undefined });
    for (let board = 0; board < 6000; board++) {
      jobs.close(jobs.open(request(`p${board}`)).id, FAILED);
      if (board % 100 === 99) await journal.flush();
    }
    const lines = (await readFile(join(dataDir, 'service', 'jobs.jsonl'), 'utf8')).split('\n');
    expect(lines.length).toBeLessThan(10_100);
    expect((await restart()).map(({ port }) => port)).toEqual(
      Array.from({ length: 1000 }, (_, index) => `p${5999 - index}`),
    );
  });
  it('a line that a power cut tore is passed over', async () => {
    const { end, journal } = createStore();
    end(PASSED);
    await journal.flush();
    await appendFile(join(dataDir, 'service', 'jobs.jsonl'), '{"id":"half');
    expect(await restart()).toMatchObject([{ state: 'passed' }]);
  });
});

// The service end to end without a socket: a profile is saved, a virtual board is provisioned, everything tells of it.
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from './app.js';
import type { Job } from './contract/index.js';
import { createBench, type TestBench } from '../../test/support/service-bench.js';

const PROFILE = `# a product
name: sensor
chip: esp32
caUrl: https://ca.example.com:8443
wifi:
  ssid: Lab
  password: env:ESPMINT_WIFI_PASSWORD
`;

let bench: TestBench;
let app: FastifyInstance;

beforeEach(async () => {
  bench = await createBench(2);
  app = await createApp(bench.parts, { version: '1.2.3', dataDir: bench.dataDir, portIntervalMs: 50 });
  await app.ready();
});
afterEach(async () => {
  await app.close();
  await bench.dispose();
});

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) {
  const answer = await app.inject({ method, url: `/api/v1${path}`, ...(body && { payload: body }) });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

async function endOf(id: string): Promise<Job> {
  for (;;) {
    const job = (await call('GET', `/jobs/${id}`)).body as unknown as Job;
    if (job.state !== 'running') return job;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a run through the API', () => {
  it('provisions two boards with a saved profile and knows them afterwards', async () => {
    const saved = await call('POST', '/profiles', { profile: { text: PROFILE } });
    expect(saved).toMatchObject({ status: 200, body: { name: 'sensor', version: 1 } });
    const ports = ['virtual://1', 'virtual://2'];
    const started = await call('POST', '/jobs', { ports, profile: { name: 'sensor' } });
    expect(started.status).toBe(200);
    const jobs = started.body['jobs'] as Job[];
    for (const { id } of jobs) expect(await endOf(id)).toMatchObject({ state: 'passed' });
    const devices = await call('GET', '/devices');
    expect(devices.body['devices']).toHaveLength(2);
    const today = await call('GET', '/stats/today');
    expect(today.body).toMatchObject({ passed: 2, failed: 0, firstPassYield: 1, pending: 0 });
    const shown = (await call('GET', '/ports')).body['ports'];
    expect(shown).toMatchObject([{ slot: 1, job: { state: 'passed' } }, { slot: 2 }]);
  });
});

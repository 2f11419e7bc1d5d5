// The service end to end without a socket: a profile is saved, a virtual board is provisioned, everything tells of it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createApp } from './app.js';
import { EspmintError } from '../core/errors/index.js';
import { Orders } from './station/orders.js';
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

describe('a failure', () => {
  const chip = 'esp32s3';
  it('says what to do, stays after a restart, and goes when somebody has seen it', async () => {
    await call('POST', '/profiles', {
      profile: { settings: { name: 'other', chip, caUrl: 'https://ca.example.com' } },
    });
    const started = await call('POST', '/jobs', { ports: ['virtual://1'], profile: { name: 'other' } });
    const [job] = started.body['jobs'] as Job[];
    const failed = await endOf(job?.id ?? '');
    expect(failed.failure).toMatchObject({ code: 'CHIP_UNEXPECTED', stage: 'connect' });
    expect(failed.failure?.message.toLowerCase()).toContain(failed.failure?.next.toLowerCase());
    await app.close();
    app = await createApp(bench.parts, { version: '1.2.3', dataDir: bench.dataDir, portIntervalMs: 20 });
    await app.ready();
    const tile = async (): Promise<unknown> =>
      ((await call('GET', '/ports')).body['ports'] as { job?: Job }[])[0]?.job?.state;
    await expect.poll(tile).toBe('failed');
    await call('POST', `/jobs/${failed.id}/seen`);
    expect(await tile()).toBeUndefined();
  });
});

describe('what is refused', () => {
  it('a port that is not there, and a start without a profile', async () => {
    expect((await call('POST', '/jobs', { ports: ['virtual://1'] })).body).toMatchObject({
      code: 'PROFILE_NOT_CHOSEN',
    });
    await call('POST', '/profiles', { profile: { text: PROFILE } });
    const nowhere = { ports: ['virtual://1', 'virtual://9'], profile: { name: 'sensor' } };
    expect(await call('POST', '/jobs', nowhere)).toMatchObject({
      status: 404,
      body: { code: 'PORT_UNKNOWN' },
    });
    expect((await call('GET', '/jobs')).body['jobs']).toEqual([]);
  });
  it('a profile that is not valid, with its first finding; the check lists all', async () => {
    const profile = { settings: { name: 'x', chip: 7, wfi: {} } };
    expect(await call('POST', '/profiles', { profile })).toMatchObject({
      status: 400,
      body: { code: 'PROFILE_INVALID' },
    });
    const { body } = await call('POST', '/profiles/check', { profile });
    expect(body).toMatchObject({ ok: false, findings: [{ path: 'wfi' }, { path: 'chip' }] });
  });
});

describe('a stored profile that is damaged', () => {
  it('is named with what to do, keeps nobody from the others, and hides what a board holds', async () => {
    await call('POST', '/profiles', { profile: { text: PROFILE } });
    const { body: before } = await call('POST', '/ports/inspect', { port: 'virtual://1' });
    expect(before['warnings']).toEqual([]);
    const folder = join(bench.dataDir, 'service/profiles/pump-0123456789ab');
    await mkdir(folder, { mode: 0o700 });
    await writeFile(join(folder, '4.json'), '{"name":');
    const { body } = await call('GET', '/profiles');
    expect(body).toMatchObject({
      profiles: [{ name: 'sensor' }],
      damaged: [{ name: 'pump', version: 4, code: 'PROFILE_UNREADABLE', path: join(folder, '4.json') }],
    });
    const started = await call('POST', '/jobs', { ports: ['virtual://1'], profile: { name: 'sensor' } });
    expect(await endOf((started.body['jobs'] as Job[])[0]?.id ?? '')).toMatchObject({ state: 'passed' });
    const { body: seen } = await call('POST', '/ports/inspect', { port: 'virtual://1' });
    expect(seen).toMatchObject({ warnings: [{ code: 'PROFILE_UNREADABLE' }] });
    const rows = (seen['nvs'] as { rows: { type: string; secret: boolean }[] }).rows;
    expect(rows.filter(({ type, secret }) => type === 'string' && !secret)).toEqual([]);
  });
});

describe('a choice that cannot be kept', () => {
  it('is a warning beside the boards that have begun, and stops none of them', async () => {
    await call('POST', '/profiles', { profile: { text: PROFILE } });
    vi.spyOn(Orders.prototype, 'use').mockRejectedValueOnce(
      new EspmintError('DISK_FULL', { where: 'station.json' }),
    );
    const started = await call('POST', '/jobs', { ports: ['virtual://1'], profile: { name: 'sensor' } });
    expect(started).toMatchObject({ status: 200, body: { warnings: [{ code: 'DISK_FULL' }] } });
    const [job] = started.body['jobs'] as Job[];
    expect(await endOf(job?.id ?? '')).toMatchObject({ state: 'passed' });
  });
});

describe('a text that no database holds', () => {
  it.each(['x\0', '\ud800'])('is refused with the field that it is in', async (text) => {
    expect(await call('POST', '/jobs', { ports: ['virtual://1'], profile: { name: text } })).toMatchObject({
      status: 400,
      body: { code: 'BODY_INVALID', field: 'profile.name' },
    });
    expect((await call('GET', `/devices?text=${encodeURIComponent('\0')}`)).status).toBe(400);
  });
});

describe('what a request names and is not there', () => {
  it('is no failure of the service', async () => {
    expect(await call('POST', '/ports/inspect', { port: '/dev/none' })).toMatchObject({ status: 404 });
  });

  it('is refused where it would take all memory: virtual boards have a limit', async () => {
    expect((await call('POST', '/virtual-boards', { count: 64 })).status).toBe(200);
    const more = await call('POST', '/virtual-boards', { count: 64 });
    expect(more).toMatchObject({ status: 400, body: { code: 'INPUT_INVALID' } });
  });
});

describe('the OpenAPI document', () => {
  it('has a server, a licence, and no pattern that other languages refuse', async () => {
    const { body } = await call('GET', '/openapi.json');
    expect(body).toMatchObject({ servers: [{ url: '/' }], info: { license: { identifier: 'Apache-2.0' } } });
    expect(JSON.stringify(body)).not.toContain('\\\\p{');
  });
});

describe('a station that starts by itself', () => {
  it('provisions a board when it is plugged in, with the profile it is set to', async () => {
    await call('POST', '/profiles', { profile: { text: PROFILE } });
    const profile = { name: 'sensor', version: 0 };
    await call('PUT', '/settings', { stationName: 'line 1', autoStart: true, profile });
    await expect.poll(async () => (await call('GET', '/ports')).body['ports']).toHaveLength(2);
    await call('POST', '/virtual-boards', { count: 1 });
    const jobs = async (): Promise<unknown> => (await call('GET', '/jobs')).body['jobs'];
    await expect.poll(jobs).toMatchObject([{ port: 'virtual://3', startedBy: 'automatic', state: 'passed' }]);
  });
});

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

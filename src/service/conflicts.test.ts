// A board that contradicts the registry, as the service tells of it.
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBench, type TestBench } from '../../test/support/service-bench.js';
import { createApp } from './app.js';
import type { Job } from './contract/index.js';

const TAKEN = '110e3dc9-fa05-568f-a05a-00000000aaaa';

let bench: TestBench;
let app: FastifyInstance;
const asked: unknown[] = [];

async function decide(id: number, decision: object): Promise<object> {
  asked.push([id, decision]);
  const [conflict] = await bench.registry.conflicts();
  return { ...conflict, id, state: 'kept' };
}

beforeEach(async () => {
  bench = await createBench(1);
  // The key file of the bench cannot decide: what is asked of it is kept instead.
  const registry = new Proxy(bench.registry, {
    get: (target, name) => {
      if (name === 'resolve') return decide;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  app = await createApp({ ...bench.parts, registry }, { version: '1.2.3', dataDir: bench.dataDir });
  await app.ready();
});
afterEach(async () => {
  await app.close();
  await bench.dispose();
});

async function call(method: 'GET' | 'POST', path: string, body?: object) {
  const answer = await app.inject({ method, url: `/api/v1${path}`, ...(body && { payload: body }) });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

it('fails the job with both histories, lists the conflict, and passes a decision on with its reason', async () => {
  const mac = bench.parts.virtualBoards?.list()[0]?.mac ?? '';
  const known = { mac, uuid: TAKEN, caUrl: 'https://ca.example.com', policy: 'keep' } as const;
  const { id: reservation } = await bench.registry.reserve(known);
  await bench.registry.confirm(reservation, { imageSha256: 'ab'.repeat(32) });
  const profile = { settings: { name: 'sensor', caUrl: 'https://ca.example.com' } };
  expect((await call('POST', '/profiles', { profile })).status).toBe(200);
  const started = await call('POST', '/jobs', { ports: ['virtual://1'], profile: { name: 'sensor' } });
  const [{ id = '' } = {}] = started.body['jobs'] as Job[];
  const job = async (): Promise<unknown> => (await call('GET', `/jobs/${id}`)).body;
  await expect.poll(job).toMatchObject({
    state: 'failed',
    failure: {
      code: 'MAC_TAKEN',
      conflict: { refused: { mac }, registered: { uuid: TAKEN, status: 'provisioned' } },
    },
  });
  expect((await call('GET', '/conflicts')).body).toMatchObject({
    conflicts: [{ code: 'MAC_TAKEN', state: 'open', times: 1, registered: { uuid: TAKEN } }],
  });
  const decision = { decision: 'keep', reason: 'wrong recipe' };
  expect(await call('POST', '/conflicts/7/resolve', decision)).toMatchObject({
    status: 200,
    body: { id: 7, state: 'kept' },
  });
  expect(asked).toEqual([[7, { ...decision, actor: expect.any(String) as string }]]);
});

it.each([
  ['x', { decision: 'keep', reason: 'why' }],
  ['7', { decision: 'delete', reason: 'why' }],
  ['7', { decision: 'keep', reason: ' ' }],
])('takes no decision that is none: %s %j', async (id, body) => {
  expect((await call('POST', `/conflicts/${id}/resolve`, body)).status).toBe(400);
});

// A board that contradicts the registry, as the service tells of it.
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBench, type TestBench } from '../../test/support/service-bench.js';
import { EventReader } from '../../test/support/event-reader.js';
import { createApp } from './app.js';
import type { Job } from './contract/index.js';
import { startService } from './start.js';
import { PROOF } from '../../test/support/proof.js';

const TAKEN = '110e3dc9-fa05-568f-a05a-00000000aaaa';

const SIDE = { mac: 'a4:cf:12:00:00:00', uuid: TAKEN };
const CONFLICT = {
  code: 'MAC_TAKEN',
  state: 'open',
  refused: SIDE,
  registered: SIDE,
  times: 1,
  firstSeenAt: '2026-03-01T08:00:00.000Z',
  lastSeenAt: '2026-03-01T08:00:00.000Z',
  seenBy: 'linh',
  facts: {},
};

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
  await bench.registry.confirm(reservation, PROOF);
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
  expect(await call('GET', '/conflicts/7')).toMatchObject({
    status: 404,
    body: { code: 'CONFLICT_UNKNOWN' },
  });
  const decision = { decision: 'keep', reason: 'wrong recipe' };
  expect(await call('POST', '/conflicts/7/resolve', decision)).toMatchObject({
    status: 200,
    body: { id: 7, state: 'kept' },
  });
  expect(asked).toEqual([[7, { ...decision, actor: 'local', address: '127.0.0.1' }]]);
});

it.each([
  ['x', { decision: 'keep', reason: 'why' }],
  ['7', { decision: 'delete', reason: 'why' }],
  ['7', { decision: 'keep', reason: ' ' }],
])('takes no decision that is none: %s %j', async (id, body) => {
  expect((await call('POST', `/conflicts/${id}/resolve`, body)).status).toBe(400);
});

it('tells who listens of a new conflict and of a decision, without being asked', async () => {
  let open = 0;
  const registry = new Proxy(bench.registry, {
    get: (target, name) => {
      if (name === 'status')
        return () => Promise.resolve({ reachable: true, pendingSync: 0, conflicts: open });
      if (name === 'resolve')
        return (id: number) => Promise.resolve({ ...CONFLICT, id, state: (open--, 'kept') });
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const served = await startService(
    { ...bench.parts, registry },
    { version: '1.2.3', dataDir: bench.dataDir, port: 0 },
  );
  const reader = await EventReader.open(`${served.url}/api/v1/events`);
  try {
    await reader.waitFor(({ data }) => data.type === 'hello');
    open = 2;
    const answer = await fetch(`${served.url}/api/v1/conflicts/7/resolve`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ decision: 'keep', reason: 'wrong recipe' }),
    });
    expect(answer.status).toBe(200);
    await reader.waitFor(({ data }) => data.type === 'registry' && data['conflicts'] === 1);
  } finally {
    reader.close();
    await served.close();
  }
});

// What the service logs: requests, jobs, outages and their ends, each with its id, and no secret.
import type { FastifyInstance } from 'fastify';
import http from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBench, type TestBench } from '../../test/support/service-bench.js';
import { showsOf } from '../../test/support/secret-search.js';
import { createApp } from './app.js';
import { logEvents } from './live/log-events.js';
import { createLog } from './log.js';
import { LOG_LEVELS } from './options.js';
import type { Handlers } from './http/operations.js';

const CANARY = 'c0ffee00c0ffee11c0ffee22c0ffee33';
let bench: TestBench;
let app: FastifyInstance;
let isAway = false;
let wrap: ((handlers: Handlers) => Handlers) | undefined;
beforeEach(async () => {
  isAway = false;
  wrap = undefined;
  bench = await createBench(1);
});
afterEach(async () => {
  await app.close();
  await bench.dispose();
});

async function start(): Promise<void> {
  const registry = new Proxy(bench.registry, {
    get: (inner, name) => {
      const value: unknown = Reflect.get(inner, name);
      if (name === 'status' && isAway) return () => Promise.resolve({ reachable: false, reason: 'away' });
      return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
    },
  });
  app = await createApp(
    { ...bench.parts, registry },
    { version: '1.2.3', dataDir: bench.dataDir, ...(wrap === undefined ? {} : { wrapHandlers: wrap }) },
  );
  await app.ready();
}

const lines = (message?: string): Record<string, unknown>[] =>
  bench.logged
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => message === undefined || line['message'] === message);

it('tells every request with its id, path, status and asker, and nothing of query, head or body', async () => {
  await start();
  await app.inject({ url: `/api/v1/devices?text=${CANARY}`, headers: { authorization: `Bearer ${CANARY}` } });
  await app.inject({ url: `/no/such/${CANARY}`, headers: { cookie: `a=${CANARY}` } });
  await app.inject({ method: 'POST', url: '/api/v1/secrets', payload: { value: CANARY } });
  await app.inject({ method: 'PUT', url: '/api/v1/secrets/lab', payload: { value: CANARY } });
  const told = lines('request answered');
  expect(told.map(({ method, status }) => `${String(method)} ${String(status)}`)).toEqual([
    'GET 401',
    'GET 404',
    'POST 405',
    'PUT 200',
  ]);
  expect(told.at(-1)).toMatchObject({ path: '/api/v1/secrets/lab', who: 'local', address: '127.0.0.1' });
  expect(new Set(told.map(({ request }) => request)).size).toBe(4);
  expect(showsOf(CANARY, Buffer.from(bench.logged.join('')))).toEqual([]);
});

it('tells a fault of the service once, under the number that its caller got, with secrets masked', async () => {
  wrap = (handlers) => ({
    ...handlers,
    getSettings: () => {
      throw new Error(`psk ${CANARY} 100 % %s %d`);
    },
  });
  await start();
  const answer = await app.inject('/api/v1/settings');
  const [fault, ...more] = lines('request failed by a fault of the service');
  expect(more).toEqual([]);
  expect(answer.body).toContain(String(fault?.['request']));
  expect(fault?.['stack']).toContain('100 % %s %d');
  expect(showsOf(CANARY, Buffer.from(bench.logged.join('')))).toEqual([]);
});

it('tells a request that its client gave up, and no stack of it', async () => {
  let arrived = (): void => undefined;
  const there = new Promise<void>((resolve) => (arrived = resolve));
  wrap = (handlers) => ({
    ...handlers,
    listDevices: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        arrived();
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }),
  });
  await start();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const aborted = http.get({ port, path: '/api/v1/devices', headers: { host: '127.0.0.1' } });
  aborted.on('error', () => undefined);
  await there;
  aborted.destroy();
  await expect.poll(() => lines('request given up by its client').length).toBe(1);
  // A body that ends in the middle, too.
  const half = http.request({
    port,
    method: 'POST',
    path: '/api/v1/session',
    headers: { host: '127.0.0.1', 'content-type': 'application/json', 'content-length': 500 },
  });
  half.on('error', () => undefined);
  half.write('{"name":');
  await once(half, 'socket');
  await expect.poll(() => new Promise((resolve) => app.server.getConnections((_, n) => resolve(n)))).toBe(1);
  half.destroy();
  await expect.poll(() => new Promise((resolve) => app.server.getConnections((_, n) => resolve(n)))).toBe(0);
  expect(bench.logged.join('')).not.toContain('stack');
});

it('tells an outage that it starts in', async () => {
  isAway = true;
  await start();
  await expect.poll(() => lines('the registry cannot be reached').length, { timeout: 15_000 }).toBe(1);
});

it('tells an outage once and its end once', async () => {
  await start();
  const tell = logEvents(bench.parts.log);
  const before = bench.logged.length;
  for (const ok of [true, false, false, true, true])
    tell({ type: 'registry', ok, conflicts: 0, deadPushes: Number(ok) });
  expect(lines().slice(before)).toMatchObject([
    { level: 40, registry: false, message: 'the registry cannot be reached' },
    { level: 40, registry: true, message: 'the registry is back' },
  ]);
});

it('tells each job when it begins and when it ends', async () => {
  await start();
  await app.inject({
    method: 'POST',
    url: '/api/v1/profiles',
    payload: { profile: { settings: { name: 'x', caUrl: 'https://ca.example.com' } } },
  });
  const started = await app.inject({
    method: 'POST',
    url: '/api/v1/jobs',
    payload: { ports: ['virtual://1'] },
  });
  const { jobs } = started.json<{ jobs: { id: string }[] }>();
  await expect.poll(() => lines('job ended').length, { timeout: 30_000 }).toBe(1);
  expect(lines('job begun')).toMatchObject([{ job: jobs[0]?.id, port: 'virtual://1', startedBy: 'local' }]);
  const [ended] = lines('job ended');
  expect(ended).toMatchObject({ job: jobs[0]?.id, state: 'passed' });
  expect(ended?.['durationMs']).toBeGreaterThan(0);
  const psk = await bench.registry.reveal(String(ended?.['mac']), 'test');
  expect(showsOf(psk, Buffer.from(bench.logged.join('')))).toEqual([]);
  await app.inject({ method: 'POST', url: `/api/v1/jobs/${jobs[0]?.id ?? ''}/seen` });
  expect(lines('job ended')).toHaveLength(1);
});

it.each(LOG_LEVELS.map((level, index) => [level, index] as const))(
  'at the level %s tells what is at least that grave',
  async (level, index) => {
    await start();
    const told: string[] = [];
    const log = createLog(level, (line) => told.push(line));
    for (const at of ['error', 'warn', 'info', 'debug'] as const) log[at]({}, at);
    expect(told).toHaveLength(index);
  },
);

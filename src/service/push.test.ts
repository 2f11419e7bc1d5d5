// Pushes over HTTP: seen by everybody who may look, changed by those who may.
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { createBench, type TestBench } from '../../test/support/service-bench.js';
import { EspmintError } from '../core/errors/index.js';
import { createApp } from './app.js';
import type { PushDesk } from './parts.js';

const TARGET = {
  name: 'ca',
  kind: 'sql',
  address: 'db.example.com:5432/ca',
  statement: 'select enrol(:uuid)',
  events: ['provisioned'],
  sendsKeys: true,
  paused: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'admin',
} as const;

let bench: TestBench;
let app: FastifyInstance;
let asked: unknown[];
const desk: PushDesk = {
  targets: () => Promise.resolve([TARGET]),
  status: () => Promise.resolve([{ name: 'ca', kind: 'sql', paused: false, pending: 3, dead: 1 }]),
  dead: () => Promise.resolve([]),
  retry: (ids, by) => {
    asked.push(ids, by);
    if (ids !== 'all' && ids.includes('9')) throw new EspmintError('PUSH_DELIVERY_UNKNOWN', { id: '9' });
    return Promise.resolve(2);
  },
  discard: (ids, by) => {
    asked.push(ids, by);
    return Promise.resolve(1);
  },
};

async function start(pushes: (() => Promise<PushDesk>) | undefined): Promise<void> {
  app = await createApp({ ...bench.parts, pushes }, { version: '1.2.3', dataDir: bench.dataDir });
  await app.ready();
}
beforeEach(async () => {
  bench = await createBench();
  asked = [];
});
afterEach(async () => {
  await app.close();
  await bench.dispose();
});

async function call(method: 'GET' | 'POST', path: string, payload?: object) {
  const answer = await app.inject({ method, url: `/api/v1/push${path}`, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.json<unknown>() };
}

it('shows targets, their state and what was given up', async () => {
  await start(() => Promise.resolve(desk));
  expect(await call('GET', '/targets')).toEqual({ status: 200, body: { targets: [TARGET] } });
  expect(await call('GET', '/status')).toMatchObject({ body: { targets: [{ pending: 3, dead: 1 }] } });
  expect(await call('GET', '/dead')).toEqual({ status: 200, body: { dead: [] } });
});

it('retries and discards those that are named, or all', async () => {
  await start(() => Promise.resolve(desk));
  expect(await call('POST', '/dead/retry', {})).toEqual({ status: 200, body: { count: 2 } });
  expect(await call('POST', '/dead/discard', { ids: ['7'], reason: 'a sample' })).toEqual({
    status: 200,
    body: { count: 1 },
  });
  const asker = { actor: 'local', address: '127.0.0.1' };
  expect(asked).toEqual(['all', asker, ['7'], { ...asker, reason: 'a sample' }]);
  expect(await call('POST', '/dead/retry', { ids: ['9'] })).toMatchObject({
    status: 404,
    body: { code: 'PUSH_DELIVERY_UNKNOWN' },
  });
  expect(await call('POST', '/dead/retry', { ids: [] })).toMatchObject({ status: 400 });
});

it('says when there is no database, and when it is away', async () => {
  await start(undefined);
  expect(await call('GET', '/status')).toMatchObject({
    status: 404,
    body: { code: 'PUSH_WITHOUT_DATABASE' },
  });
  await app.close();
  const away = new EspmintError('REGISTRY_UNREACHABLE', { target: 'db', reason: 'ECONNREFUSED' });
  await start(() => Promise.reject(away));
  expect(await call('GET', '/status')).toMatchObject({ status: 503, body: { code: 'REGISTRY_UNREACHABLE' } });
});

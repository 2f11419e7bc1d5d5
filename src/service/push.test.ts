// Pushes over HTTP: seen by everybody who may look, changed by those who may.
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { createBench, type TestBench } from '../../test/support/service-bench.js';
import { EspmintError } from '../core/errors/index.js';
import { createApp } from './app.js';
import type { PushAdmin } from './parts.js';

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

const MADE = 'whsec_made-only-once';

let bench: TestBench;
let app: FastifyInstance;
let asked: unknown[];
const admin: PushAdmin = {
  targets: () => Promise.resolve([TARGET]),
  status: () => Promise.resolve([{ name: 'ca', kind: 'sql', paused: false, pending: 3, dead: 1 }]),
  dead: () => Promise.resolve([]),
  add: ({ name, url, signingSecret, allowRegistry }, by) => {
    asked.push(['add', name, by]);
    if (allowRegistry === true) throw new Error('only the command line may allow this');
    if (url === 'ftp://x')
      throw new EspmintError('PUSH_ADDRESS_INVALID', { reason: 'is no URL', hint: 'mend it' });
    return Promise.resolve({ ...TARGET, name, ...(signingSecret === undefined ? { madeSecret: MADE } : {}) });
  },
  remove: (name, by) => {
    asked.push(['remove', name, by]);
    return Promise.resolve(4);
  },
  setPaused: (name, paused, by) => {
    asked.push([paused ? 'pause' : 'resume', name, by]);
    return Promise.resolve();
  },
  test: (name) =>
    name === 'ca'
      ? Promise.resolve()
      : Promise.reject(new EspmintError('PUSH_REFUSED', { target: name, reason: 'HTTP 401' })),
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

async function start(pushes: (() => Promise<PushAdmin>) | undefined): Promise<void> {
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

async function call(method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) {
  const answer = await app.inject({ method, url: `/api/v1/push${path}`, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.json<unknown>() };
}

it('shows targets, their state and what was given up', async () => {
  await start(() => Promise.resolve(admin));
  expect(await call('GET', '/targets')).toEqual({ status: 200, body: { targets: [TARGET] } });
  expect(await call('GET', '/status')).toMatchObject({ body: { targets: [{ pending: 3, dead: 1 }] } });
  expect(await call('GET', '/dead')).toEqual({ status: 200, body: { dead: [] } });
});

it('retries and discards those that are named, or all', async () => {
  await start(() => Promise.resolve(admin));
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
    status: 409,
    body: { code: 'DATABASE_MISSING' },
  });
  await app.close();
  const away = new EspmintError('REGISTRY_UNREACHABLE', { target: 'db', reason: 'ECONNREFUSED' });
  await start(() => Promise.reject(away));
  expect(await call('GET', '/status')).toMatchObject({ status: 503, body: { code: 'REGISTRY_UNREACHABLE' } });
});

it('adds a target, whose secrets go in and do not come out, and says who did so', async () => {
  await start(() => Promise.resolve(admin));
  const target = { name: 'erp', kind: 'webhook', url: 'https://erp.example.com/hook?token=planted-1' };
  const made = await call('POST', '/targets', target);
  expect(made).toEqual({ status: 200, body: { ...TARGET, name: 'erp', madeSecret: MADE } });
  const brought = await call('POST', '/targets', { ...target, signingSecret: 'whsec_planted-2' });
  expect(brought).toEqual({ status: 200, body: { ...TARGET, name: 'erp' } });
  expect(JSON.stringify([made, brought, await call('GET', '/targets'), bench.logged])).not.toContain(
    'planted',
  );
  const bold = await call('POST', '/targets', { ...target, allowRegistry: true });
  expect(bold).toMatchObject({ status: 200 });
  expect(asked[0]).toEqual(['add', 'erp', { actor: 'local', address: '127.0.0.1', reason: undefined }]);
});

it('refuses what is no target, and names the field without its value', async () => {
  await start(() => Promise.resolve(admin));
  const target = { name: 'erp', kind: 'webhook', url: 'https://erp.example.com' };
  for (const [wrong, field] of [
    [{ ...target, name: 'planted name' }, 'name'],
    [{ ...target, kind: 'planted' }, 'kind'],
    [{ ...target, signingSecret: 'planted'.repeat(40) }, 'signingSecret'],
  ] as const) {
    const { status, body } = await call('POST', '/targets', wrong);
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'BODY_INVALID', field } });
    expect(JSON.stringify(body)).not.toContain('planted');
  }
  const { body } = await call('POST', '/targets', { ...target, url: 'ftp://x' });
  expect(body).toMatchObject({ code: 'PUSH_ADDRESS_INVALID', next: 'Mend it.' });
});

it('pauses, resumes, tests and removes a target', async () => {
  await start(() => Promise.resolve(admin));
  for (const verb of ['pause', 'resume', 'test']) {
    expect(await call('POST', `/targets/ca/${verb}`)).toEqual({ status: 200, body: { ok: true } });
  }
  expect(await call('POST', '/targets/erp/test')).toMatchObject({ body: { code: 'PUSH_REFUSED' } });
  expect(await call('DELETE', '/targets/ca')).toEqual({ status: 200, body: { count: 4 } });
  const by = { actor: 'local', address: '127.0.0.1', reason: undefined };
  expect(asked).toEqual([
    ['pause', 'ca', by],
    ['resume', 'ca', by],
    ['remove', 'ca', by],
  ]);
});

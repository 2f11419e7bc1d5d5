// Reserved units over HTTP: who has them, and taking them back for a reason.
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ServiceParts } from './parts.js';
import { createBench, type TestBench } from '../../test/support/service-bench.js';
import { EspmintError } from '../core/errors/index.js';
import { createApp } from './app.js';
import { MemoryRuns } from './station/memory-runs.js';

const HELD = { station: 'line 2', units: 12, since: '2026-03-01T08:00:00.000Z', inReach: false };
let bench: TestBench;
let app: FastifyInstance;
const asked: unknown[] = [];

beforeEach(async () => {
  bench = await createBench();
  const batches = {
    reservedUnits: (name: string) => {
      if (name !== 'WO-1') throw new EspmintError('BATCH_UNKNOWN', { batch: name });
      return Promise.resolve([HELD]);
    },
    releaseUnits: (...request: unknown[]) => Promise.resolve(asked.push(request) && HELD.units),
    heartbeat: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const production = { batches, runs: new MemoryRuns() };
  app = await createApp(
    { ...bench.parts, production: production as unknown as ServiceParts['production'] },
    { version: '1.2.3', dataDir: bench.dataDir },
  );
  await app.ready();
});
afterEach(async () => {
  await app.close();
  await bench.dispose();
});

async function call(method: 'GET' | 'POST', path: string, payload?: object) {
  const answer = await app.inject({ method, url: `/api/v1/batches${path}`, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.json<unknown>() };
}

it('are listed by station, and released in the name of who is signed in', async () => {
  expect(await call('GET', '/WO-1/reserved-units')).toEqual({ status: 200, body: { held: [HELD] } });
  expect(await call('GET', '/WO-2/reserved-units')).toMatchObject({
    status: 404,
    body: { code: 'BATCH_UNKNOWN' },
  });
  const release = { station: 'line 2', reason: ' its computer is scrapped ' };
  expect(await call('POST', '/WO-1/release', release)).toEqual({ status: 200, body: { count: 12 } });
  const why = { address: '127.0.0.1', reason: 'its computer is scrapped', who: expect.any(String) as string };
  expect(asked).toEqual([['WO-1', 'line 2', why]]);
});

it.each([{ station: 'line 2' }, { station: 'line 2', reason: '  ' }, { station: '', reason: 'scrapped' }])(
  'are not released without a station and a reason: %j',
  async (body) => {
    expect((await call('POST', '/WO-1/release', body)).status).toBe(400);
  },
);

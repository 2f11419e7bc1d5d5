// Wi-Fi of a board in the field through the HTTP API: found out, set, refused; the password is in no answer and no log.
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBench, type TestBench } from '../../test/support/service-bench.js';
import {
  createVirtualBoard,
  memoryTransport,
  type ApplicationName,
  type VirtualBoard,
} from '../virtual/index.js';
import { createApp } from './app.js';
import type { ApiError, WifiLook, WifiSet } from './contract/index.js';

const CANARY = 'c4nary-password';
let bench: TestBench;
let app: FastifyInstance;
let board: VirtualBoard;

beforeEach(async () => {
  bench = await createBench(1);
});
afterEach(async () => {
  await app.close();
  board.dispose();
  expect(bench.logged.join()).not.toContain(CANARY);
  await bench.dispose();
});

async function serve(application: ApplicationName): Promise<void> {
  board = createVirtualBoard({ application, wifi: { networks: [{ ssid: 'Lab', password: CANARY }] } });
  const transport = memoryTransport(new Map([['1', board]]));
  const parts = {
    ...bench.parts,
    openBoard: (port: string) => transport.open(port, { baud: 115_200, timeoutMs: 5_000 }),
  };
  app = await createApp(parts, { version: '1.2.3', dataDir: bench.dataDir, portIntervalMs: 20 });
  await app.ready();
}

async function post<T>(path: string, body: object): Promise<{ status: number; answer: T }> {
  const answer = await app.inject({ method: 'POST', url: `/api/v1${path}`, payload: body });
  expect(answer.payload).not.toContain(CANARY);
  return { status: answer.statusCode, answer: answer.json<T>() };
}
const port = 'virtual://1';

describe('Wi-Fi over the HTTP API', () => {
  it.each([
    ['wifi-improv', 'improv', [{ ssid: 'Lab', rssi: -60, secured: true }]],
    ['wifi-protocomm', 'protocomm', [{ ssid: 'Lab', rssi: -60, secured: true }]],
    ['wifi-console', 'console', undefined],
  ] as const)(
    'finds out what a board speaks, and sets its network: %s',
    async (application, way, networks) => {
      await serve(application);
      const look = await post<WifiLook>('/ports/wifi/look', { port, proof: 'abcd1234' });
      expect(look.answer).toMatchObject({ way, ...(networks && { networks }) });
      const set = await post<WifiSet>('/ports/wifi', {
        port,
        ssid: 'Lab',
        password: CANARY,
        proof: 'abcd1234',
        way,
      });
      expect(set).toMatchObject({ status: 200, answer: { way, ssid: 'Lab' } });
    },
  );

  it('says that a proof is needed, and what was wrong, in its own words', async () => {
    await serve('wifi-protocomm');
    expect((await post<WifiLook>('/ports/wifi/look', { port })).answer).toMatchObject({ needsProof: true });
    const wrong = await post<ApiError>('/ports/wifi', {
      port,
      ssid: 'Lab',
      password: 'wrong-password',
      proof: 'abcd1234',
    });
    expect(wrong.answer.code).toBe('WIFI_JOIN_FAILED');
    const bad = await post<ApiError>('/ports/wifi', { port, ssid: 'Lab', password: 'short' });
    expect(bad).toMatchObject({ status: 400, answer: { code: 'WIFI_INVALID' } });
  });
});

// Wi-Fi of a board in the field through the HTTP API: found out, set, refused; the password is in no answer and no log.
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBench, type TestBench } from '../../test/support/service-bench.js';
import {
  createVirtualBoard,
  memoryTransport,
  openVirtualAir,
  servePortal,
  type ApplicationName,
  type BoardServer,
  type VirtualBoard,
} from '../virtual/index.js';
import { SharedAir } from '../wifi/index.js';
import { createApp } from './app.js';
import type { ApiError, WifiLook, WifiSet } from './contract/index.js';

const CANARY = 'c4nary-password';
let bench: TestBench;
let app: FastifyInstance;
let board: VirtualBoard;
let portal: BoardServer;

beforeEach(async () => {
  bench = await createBench(1);
});
afterEach(async () => {
  await app.close();
  await portal.close();
  board.dispose();
  expect(bench.logged.join()).not.toContain(CANARY);
  await bench.dispose();
});

async function serve(application: ApplicationName): Promise<void> {
  board = createVirtualBoard({ application, wifi: { networks: [{ ssid: 'Lab', password: CANARY }] } });
  portal = await servePortal(board, { host: '127.0.0.1', port: 0 });
  const network = { interfaceName: 'virtual', address: '192.168.77.2', broadcast: '192.168.77.255' };
  const air = new SharedAir({
    open: openVirtualAir(() => [board]),
    network: () => Promise.resolve({ ...network, bssid: '02:00:00:00:00:01' }),
    pace: { packetMs: 1, firstMs: 0 },
  });
  const transport = memoryTransport(new Map([['1', board]]));
  const parts = {
    ...bench.parts,
    airOf: () => air,
    virtualBoards: bench.parts.virtualBoards && {
      ...bench.parts.virtualBoards,
      list: () => [{ port, chip: 'esp32', mac: board.mac, plugged: true, portal: portal.url }],
    },
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
      expect(set).toMatchObject({ status: 200, answer: { way, ssid: 'Lab', proof: 'firmware' } });
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
    expect(wrong.answer).toMatchObject({ code: 'WIFI_JOIN_FAILED', params: { why: 'password' } });
    const bad = await post<ApiError>('/ports/wifi', { port, ssid: 'Lab', password: 'short' });
    expect(bad).toMatchObject({
      status: 400,
      answer: { code: 'WIFI_INVALID', params: { why: 'too-short' } },
    });
  });

  it('waits for WPS: by the button of the access point, and refuses a PIN that cannot be', async () => {
    await serve('wifi-wps');
    const bad = await post<ApiError>('/ports/wifi/wps', { port, pin: '12345678' });
    expect(bad).toMatchObject({ status: 400, answer: { code: 'WPS_PIN_INVALID' } });
    const joining = post<WifiSet>('/ports/wifi/wps', { port });
    // As a person does who does not see when the board has restarted.
    const pressing = setInterval(
      () => board.radio.pressWps(undefined, { ssid: 'Lab', password: CANARY }),
      200,
    );
    const { status, answer } = await joining.finally(() => clearInterval(pressing));
    expect([status, answer.way, answer.ssid, answer.address]).toEqual([200, 'wps', 'Lab', '192.168.77.130']);
  });

  it('sends by SmartConfig, with a warning where anybody can read it, and refuses a key that cannot be', async () => {
    await serve('wifi-smartconfig');
    const set = await post<WifiSet>('/ports/wifi/smartconfig', { port, ssid: 'Lab', password: CANARY });
    expect(set).toMatchObject({
      status: 200,
      answer: {
        way: 'smartconfig',
        ssid: 'Lab',
        address: '192.168.77.130',
        warnings: [{ code: 'SMARTCONFIG_READABLE' }],
      },
    });
    const short = await post<ApiError>('/ports/wifi/smartconfig', { port, ssid: 'Lab', key: 'short' });
    expect(short).toMatchObject({ status: 400, answer: { code: 'INPUT_INVALID' } });
  });

  it("hands a network to a board's own portal, and goes to no other address", async () => {
    await serve('wifi-protocomm');
    await expect.poll(() => board.radio.portal, { timeout: 20_000 }).toBeDefined();
    const set = await post<WifiSet>('/ports/wifi/portal', {
      url: portal.url,
      ssid: 'Lab',
      password: CANARY,
      proof: 'abcd1234',
    });
    expect(set).toMatchObject({ status: 200, answer: { way: 'portal', address: '192.168.77.130' } });
    for (const url of [
      'http://127.0.0.1:1',
      'http://example.com',
      'https://192.168.4.1',
      'http://1.2.3.4',
      'x',
    ]) {
      const refused = await post<ApiError>('/ports/wifi/portal', { url, ssid: 'Lab' });
      expect([url, refused.status, refused.answer.code]).toEqual([url, 400, 'INPUT_INVALID']);
    }
  });
});

// The station of the service through its API: labels that are scanned back, rules that stop it, slots that are taught.
import type { FastifyInstance } from 'fastify';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startVirtualPrinter, type VirtualPrinter } from '../virtual/index.js';
import { createBench, type TestBench } from '../../test/support/service-bench.js';
import { createApp } from './app.js';
import type { Job, PortState, StationState } from './contract/index.js';

let bench: TestBench;
let app: FastifyInstance;

beforeEach(async () => {
  bench = await createBench(2);
  app = await createApp(bench.parts, { version: '1.2.3', dataDir: bench.dataDir, portIntervalMs: 20 });
  await app.ready();
  await call('POST', '/profiles', {
    profile: { settings: { name: 'sensor', caUrl: 'https://ca.example.com' } },
  });
  await expect.poll(async () => (await ports()).length).toBe(2);
});
afterEach(async () => {
  await app.close();
  await bench.dispose();
});

async function call<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<T> {
  const answer = await app.inject({ method, url: `/api/v1${path}`, ...(body && { payload: body }) });
  return answer.json<T>();
}
const ports = async (): Promise<PortState[]> => (await call<{ ports: PortState[] }>('GET', '/ports')).ports;
const station = (): Promise<StationState> => call('GET', '/station');
const jobs = async (): Promise<Job[]> => (await call<{ jobs: Job[] }>('GET', '/jobs')).jobs;
const settings = { stationName: 'line 1', autoStart: false, profile: { name: 'sensor', version: 0 } };
const start = (...slots: number[]): Promise<unknown> =>
  call('POST', '/jobs', { ports: slots.map((slot) => `virtual://${slot}`) });

describe('a label', () => {
  let printer: VirtualPrinter;
  beforeEach(async () => {
    printer = await startVirtualPrinter();
    const template = { widthMm: 50, heightMm: 25, qr: '{{uuid}}', lines: ['{{mac}}'] };
    await call('PUT', '/printers/line', { address: printer.url, template });
    await call('PUT', '/settings', { ...settings, label: { printer: 'line', scanBack: true } });
  });
  afterEach(() => printer.close());

  it('is printed when the board is good, which passes only when its own code was scanned', async () => {
    await start(1);
    await expect.poll(jobs).toMatchObject([{ state: 'running', scanning: true }]);
    expect(printer.labels).toHaveLength(1);
    expect(await call('POST', '/station/scan', { code: 'another' })).toEqual({
      matched: false,
      forNext: false,
    });
    const [job] = await jobs();
    expect(await call('POST', '/station/scan', { code: job?.uuid ?? '' })).toMatchObject({ matched: true });
    await expect.poll(jobs).toMatchObject([{ state: 'passed' }]);
  });
  it('that cannot be printed fails the board, and the test of the printer says why', async () => {
    printer.set({ paperOut: true });
    await start(1);
    await expect.poll(jobs).toMatchObject([{ state: 'failed', failure: { code: 'PRINTER_FAILED' } }]);
    expect(await call('POST', '/printers/line/test')).toMatchObject({
      code: 'PRINTER_FAILED',
      message: expect.stringContaining('out of labels') as string,
    });
  });
  it('of a printer that is not known, or with a key on it, is refused', async () => {
    const label = { printer: 'other', scanBack: false };
    expect(await call('PUT', '/settings', { ...settings, label })).toMatchObject({ code: 'PRINTER_UNKNOWN' });
    const template = { widthMm: 50, heightMm: 25, qr: '{{psk}}' };
    expect(await call('PUT', '/printers/line', { address: printer.url, template })).toMatchObject({
      code: 'LABEL_SECRET_REFUSED',
    });
  });
});

describe('a station', () => {
  it('that is paused begins no board, and goes on with those that wait', async () => {
    await call('PUT', '/settings', settings);
    await call('POST', '/station/pause', { reason: 'tea' });
    await start(1);
    expect(await jobs()).toEqual([]);
    expect((await ports())[0]?.waiting).toBe('station');
    expect(await station()).toMatchObject({ mode: 'paused', reason: { by: 'operator', text: 'tea' } });
    await call('POST', '/station/resume');
    await expect.poll(jobs).toMatchObject([{ state: 'passed' }]);
  });

  it('holds a slot and pauses itself when the same failure comes too often, and says which', async () => {
    await call('POST', '/profiles', {
      profile: { settings: { name: 'other', chip: 'esp32s3', caUrl: 'https://ca.example.com' } },
    });
    const stopAfter = { onSlot: 1, onStation: 2 };
    await call('PUT', '/settings', { ...settings, profile: { name: 'other', version: 0 }, stopAfter });
    await start(1, 2);
    await expect.poll(station).toMatchObject({
      mode: 'paused',
      reason: { by: 'rule', code: 'CHIP_UNEXPECTED', count: 2 },
    });
    expect((await ports())[0]?.held).toEqual({ code: 'CHIP_UNEXPECTED', count: 1 });
  });

  it('runs no more boards at once than it is told', async () => {
    await call('PUT', '/settings', { ...settings, maxRunning: 1 });
    await start(1, 2);
    expect((await ports()).map(({ waiting }) => waiting)).toEqual([undefined, 'seat']);
    await expect.poll(async () => (await jobs()).map(({ state }) => state)).toEqual(['passed', 'passed']);
  });

  it('is taught its slots board by board, starts none of them, and keeps the numbers for the command line', async () => {
    await call('PUT', '/settings', { ...settings, autoStart: true });
    await call('POST', '/station/teaching');
    const { boards } = await call<{ boards: { port: string }[] }>('POST', '/virtual-boards', { count: 1 });
    await expect.poll(station).toMatchObject({ teaching: [{ slot: 1, place: 'virtual://3' }] });
    expect(await call('POST', '/station/teaching/end', { keep: true })).not.toHaveProperty('teaching');
    expect((await ports())[0]).toMatchObject({ slot: 1, port: boards[0]?.port });
    expect(await jobs()).toEqual([]);
    const kept: unknown = JSON.parse(await readFile(join(bench.dataDir, 'station', 'slots.json'), 'utf8'));
    expect(kept).toEqual({ version: 1, pins: [{ slot: 1, place: 'virtual://3' }] });
  });

  it('without a database says so where batches are asked for', async () => {
    expect(await call('GET', '/batches')).toMatchObject({ code: 'DATABASE_MISSING' });
    expect(await station()).toMatchObject({ hasDatabase: false });
  });
});

describe('a station that checks boards before they leave', () => {
  it('writes nothing, passes what is as it must be, says all that is not, and counts nothing', async () => {
    await call('PUT', '/settings', settings);
    await start(1);
    await expect.poll(jobs).toMatchObject([{ state: 'passed' }]);
    const flash = (n: number) => bench.boards.get(String(n))?.flash;
    const before = [1, 2].map((n) => Buffer.from(flash(n)?.read(0, 0x20000) ?? []));
    const runs = async () =>
      (await call<{ groups: { figures: { runs: number } }[] }>('GET', '/stats')).groups;
    const counted = await runs();
    await call('PUT', '/settings', { ...settings, check: true });
    await start(1, 2);
    const ended = async () => (await jobs()).filter(({ check }) => check === true);
    await expect
      .poll(async () => (await ended()).map(({ slot, state }) => `${slot} ${state}`).sort())
      .toEqual(['1 passed', '2 failed']);
    const failed = (await ended()).find(({ slot }) => slot === 2);
    expect(failed?.failure).toMatchObject({ code: 'BOARD_CHECK_FAILED', stage: 'verify' });
    expect(failed?.failure?.message).toMatch(
      /may not leave \(The registry does not know the board .*; .*is blank: it has no identity\)/,
    );
    expect((await ended()).find(({ slot }) => slot === 1)?.image?.sha256).toMatch(/^[0-9a-f]{64}$/);
    const after = [1, 2].map((n) => Buffer.from(flash(n)?.read(0, 0x20000) ?? []));
    expect(after).toEqual(before);
    expect(await runs()).toEqual(counted);
    expect(
      (await bench.registry.show({ mac: failed?.mac ?? '' }).catch(() => undefined))?.status,
    ).toBeUndefined();
  });
});

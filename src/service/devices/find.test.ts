// Devices through the API: found by what was done to them, with the facts of each attempt, and keys with who asked.
import type { FastifyInstance } from 'fastify';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBench, type TestBench } from '../../../test/support/service-bench.js';
import type { AttemptFacts } from '../../registry/index.js';
import { createApp } from '../app.js';
import { PROOF } from '../../../test/support/proof.js';

const FACTS: AttemptFacts = {
  station: 'line 1',
  slot: 3,
  port: '/dev/ttyUSB0',
  operator: 'anna',
  batch: 'WO-7',
  chip: { kind: 'esp32', description: 'ESP32-D0WD-V3', revision: 'v3.1', flashSizeBytes: 4_194_304 },
};
const macOf = (n: number): string => `a4:cf:12:00:00:0${n}`;

let bench: TestBench;
let app: FastifyInstance;

beforeAll(async () => {
  bench = await createBench();
  app = await createApp(bench.parts, { version: '1.2.3', dataDir: bench.dataDir });
  await app.ready();
  for (const [n, facts] of [FACTS, { ...FACTS, station: 'line 2' }, { station: 'line 1' }].entries()) {
    const uuid = `110e3dc9-fa05-568f-a05a-98d00891029${n}`;
    const request = { mac: macOf(n), uuid, caUrl: 'https://ca.example.com', policy: 'keep', facts } as const;
    const { id } = await bench.registry.reserve(request);
    await bench.registry.confirm(id, {
      ...PROOF,
      stagesMs: { write: 2400 },
      baud: 460_800,
    });
  }
});
afterAll(async () => {
  await app.close();
  await bench.dispose();
});

interface List {
  readonly devices: readonly { readonly mac: string }[];
}
const get = (path: string, query: Record<string, string>) => app.inject({ url: `/api/v1${path}`, query });
const found = async (query: Record<string, string>): Promise<string[]> =>
  (await get('/devices', query)).json<List>().devices.map(({ mac }) => mac);

describe('devices over HTTP', () => {
  it('are found by station, batch and time, in lists and in files', async () => {
    expect(await found({ station: 'line 1' })).toEqual([macOf(2), macOf(0)]);
    expect(await found({ station: 'line 1', batch: 'WO-7' })).toEqual([macOf(0)]);
    expect(await found({ since: '2020-01-01T00:00:00Z', batch: 'WO-7' })).toEqual([macOf(1), macOf(0)]);
    expect(await found({ until: '2020-01-01T00:00:00+07:00' })).toEqual([]);
    const { body } = await get('/devices/export', { station: 'line 2', format: 'jsonl' });
    expect(body.split('\n')).toEqual([expect.stringContaining(macOf(1)), '']);
  });

  it('are not searched for a time that is none', async () => {
    const answer = await get('/devices', { since: 'soon' });
    expect(answer.json()).toMatchObject({ code: 'BODY_INVALID' });
    expect((await get('/devices', { since: '2026-02-30' })).json()).toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('are found by days, as on the command line', async () => {
    expect(await found({ since: 'today' })).toHaveLength(3);
    expect(await found({ until: 'yesterday' })).toEqual([]);
    expect(await found({ since: '2020-01-01', until: 'today' })).toHaveLength(3);
    expect(await found({ since: '2020-01-01 06:00' })).toHaveLength(3);
  });

  it('are not searched for a status that no device has', async () => {
    const answer = await get('/devices', { status: 'bogus' });
    expect(answer.json()).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('pending') as string,
    });
    expect(await found({ status: 'pending' })).toEqual([]);
  });

  it('show of each attempt who made it, where, on which chip, and how long it took', async () => {
    const { attempts } = (await get(`/devices/${macOf(0)}`, {})).json<{ attempts: unknown[] }>();
    expect(attempts).toMatchObject([{ ...FACTS, stagesMs: { write: 2400 }, baud: 460_800 }]);
  });

  it('have keys that are revealed in the name of whoever is signed in, with the reason as it was given', async () => {
    const url = `/api/v1/devices/${macOf(0)}/reveal`;
    const answer = await app.inject({ method: 'POST', url, payload: { reason: 'field return' } });
    expect(answer.statusCode).toBe(200);
    const lines = (await readFile(join(bench.dataDir, 'keys.jsonl'), 'utf8')).trim().split('\n');
    const last = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
    expect(last).toMatchObject({
      type: 'revealed',
      reason: 'field return',
      actor: expect.any(String) as string,
    });
  });
});

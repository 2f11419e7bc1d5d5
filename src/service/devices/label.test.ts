// The label of a device through the API: every format is what its type says, and the key is in none of them.
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBench, type TestBench } from '../../../test/support/service-bench.js';
import { createApp } from '../app.js';

const MAC = 'a4:cf:12:00:00:01';
const UUID = '110e3dc9-fa05-568f-a05a-98d00891029d';
const PSK = '00112233445566778899aabbccddeeff';

let bench: TestBench;
let app: FastifyInstance;

beforeAll(async () => {
  bench = await createBench();
  app = await createApp(bench.parts, { version: '1.2.3', dataDir: bench.dataDir });
  await app.ready();
  const caUrl = 'https://ca.example.com';
  await bench.registry.reserve({ mac: MAC, uuid: UUID, psk: PSK, caUrl, policy: 'keep' });
});
afterAll(async () => {
  await app.close();
  await bench.dispose();
});

const label = (query = '', device = MAC) =>
  app.inject({ url: `/api/v1/devices/${encodeURIComponent(device)}/label${query}` });

describe('the label of a device', () => {
  it('is an SVG with MAC and UUID, found by either', async () => {
    const byMac = await label();
    expect(byMac.headers['content-type']).toBe('image/svg+xml; charset=utf-8');
    expect(byMac.body).toMatch(/^<svg /);
    expect(byMac.body).toContain(MAC);
    expect((await label('', UUID)).body).toBe(byMac.body);
  });

  it.each([
    ['svg', 'image/svg+xml; charset=utf-8', '<svg'],
    ['png', 'image/png', '\u0089PNG\r\n'],
    ['zpl', 'text/plain; charset=utf-8', '^XA'],
    ['pdf', 'application/pdf', '%PDF-'],
  ])('as %s is %s, and does not hold the key', async (format, type, start) => {
    const answer = await label(`?format=${format}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.headers['content-disposition']).toBe(`inline; filename="label-a4cf12000001.${format}"`);
    expect(answer.rawPayload.subarray(0, start.length).toString('latin1')).toBe(start);
    expect(answer.rawPayload.toString('latin1')).not.toContain(PSK);
  });

  it('is refused in a format that there is not, and for a device that is not there', async () => {
    expect((await label('?format=bmp')).json()).toMatchObject({ code: 'BODY_INVALID' });
    expect((await label('', 'a4:cf:12:00:00:99')).statusCode).toBe(404);
  });
});

// The label of a device through the API: every format is what its type says, and the key is in none of them.
import type { FastifyInstance } from 'fastify';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBench, type TestBench } from '../../../test/support/service-bench.js';
import { startVirtualPrinter } from '../../virtual/index.js';
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

  it('is printed again as the named printer does it, with who asked and why in the audit trail first', async () => {
    const printer = await startVirtualPrinter();
    try {
      const template = { widthMm: 50, heightMm: 25, dpi: 203, qr: '{{uuid}}', lines: ['Nr. {{macHex}} Жук'] };
      const put = { address: printer.url, template };
      await app.inject({ method: 'PUT', url: '/api/v1/printers/line', payload: put });
      const url = `/api/v1/devices/${encodeURIComponent(MAC)}/label/print`;
      const print = (payload: object) => app.inject({ method: 'POST', url, payload });
      expect((await print({ reason: 'torn off' })).json()).toMatchObject({ code: 'INPUT_INVALID' });
      expect((await print({ reason: '' })).json()).toMatchObject({ code: 'BODY_INVALID' });
      expect(printer.labels).toEqual([]);
      expect((await print({ reason: 'torn off', printer: 'line' })).statusCode).toBe(200);
      expect(printer.labels).toHaveLength(1);
      expect((await label('?format=zpl&printer=line')).body).toBe(`${printer.labels[0]}\n`);
      const lines = (await readFile(join(bench.dataDir, 'keys.jsonl'), 'utf8')).trim().split('\n');
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
        type: 'labelled',
        mac: MAC,
        reason: 'torn off',
      });
    } finally {
      await printer.close();
    }
  });
});

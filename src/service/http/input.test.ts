// What no request may carry, whatever the operation: text that cannot be kept, and JSON that costs more than it may.
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBench, type TestBench } from '../../../test/support/service-bench.js';
import { createApp } from '../app.js';
import { boundedJson } from './input.js';

let bench: TestBench;
let app: FastifyInstance;
beforeAll(async () => {
  bench = await createBench();
  app = await createApp(bench.parts, { version: '1.2.3', dataDir: bench.dataDir });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await bench.dispose();
});

async function send(method: 'GET' | 'POST' | 'PUT', path: string, payload?: string | Buffer) {
  const answer = await app.inject({
    method,
    url: `/api/v1${path}`,
    ...(payload === undefined ? {} : { payload, headers: { 'content-type': 'application/json' } }),
  });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

describe('a body with long strings', () => {
  it('is counted by what stands outside of them, whatever they hold', async () => {
    const tricky = ['\\\\', '\\"', '\\\\\\"', '[{,'.repeat(10_000), '', 'a']
      .map((text) => `"${text}"`)
      .join(',');
    const settings = `{"name":"x","caUrl":"https://ca.example.com","location":${tricky.split(',')[1]}}`;
    const fine = await send('POST', '/profiles/check', `{"profile":{"settings":${settings}}}`);
    expect(fine).toMatchObject({ status: 200, body: { ok: true } });
    const odd = await send('POST', '/profiles/check', `{"profile":{"settings":{"rows":[${tricky}]}}}`);
    expect(odd).toMatchObject({ status: 200, body: { ok: false } });
    const many = await send('POST', '/profiles/check', `{"a":[${tricky},${'1,'.repeat(20_001)}1]}`);
    expect(many.body['message']).toContain('more than 20000 values');
    for (const cut of ['{"a":"x', '{"a":"x\\', '{"a":"x\\"'])
      expect((await send('POST', '/profiles/check', cut)).status).toBe(400);
  });
});

describe('a text of escapes', () => {
  it('is read once for all of them, not once for each', () => {
    const lines = 5_000;
    const body = new TextEncoder().encode(JSON.stringify({ csv: 'x\n'.repeat(lines) }));
    const looked = vi.spyOn(String.prototype, 'indexOf');
    try {
      boundedJson(body);
      // For the quote that ends the text it is looked from its begin, and not behind every escape.
      expect(looked.mock.calls.filter(([what]) => what === '"').length).toBeLessThan(10);
      expect(looked.mock.calls.length).toBeLessThan(lines + 10);
    } finally {
      looked.mockRestore();
    }
  });
});

describe('a name that stands twice in one object', () => {
  it('is refused, however it is written: one of its values would be lost', async () => {
    const body = '{"label":"a","role":"viewer",\n"l\\u0061bel":"b"}';
    const refused = await send('POST', '/tokens', body);
    expect(refused).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
    expect(refused.body['message']).toContain('has "l\\u0061bel" twice');
  });
});

describe('text that no part of espmint can keep', () => {
  it.each([
    ['GET', '/devices?text=%00', undefined, 'text'],
    ['GET', '/devices?batch=a%00b', undefined, 'batch'],
    ['GET', '/batches/a%00b', undefined, 'name'],
    ['GET', '/jobs?port=%00', undefined, 'port'],
    ['POST', '/tokens', '{"label":"a\\u0000b","role":"viewer"}', 'label'],
    ['POST', '/tokens', '{"label":"a\\ud800b","role":"viewer"}', 'label'],
    ['POST', '/profiles/check', '{"profile":{"settings":{"name":"\\udfff"}}}', 'profile.settings.name'],
    ['PUT', '/secrets/lab', '{"value":"a\\u0000"}', 'value'],
  ] as const)('%s %s names the field', async (method, path, payload, field) => {
    const { status, body } = await send(method, path, payload);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'BODY_INVALID', field });
  });
  it('also as the name of a field, and as bytes that are no UTF-8', async () => {
    const name = await send('POST', '/profiles/check', '{"profile":{"settings":{"\\u0000":1}}}');
    expect(name.body).toMatchObject({ code: 'BODY_INVALID' });
    const bytes = Buffer.concat([Buffer.from('{"label":"'), Buffer.of(0xff, 0xc0), Buffer.from('"}')]);
    expect((await send('POST', '/tokens', bytes)).body).toMatchObject({ code: 'BODY_INVALID' });
  });
  it('is not text in other scripts', async () => {
    const label = 'Máy in 🔑';
    const { status } = await send('POST', '/tokens', JSON.stringify({ label, role: 'viewer' }));
    expect(status).toBe(200);
  });
});

describe('JSON that is made to stop the service', () => {
  const deep = (count: number): string => `${'['.repeat(count)}${']'.repeat(count)}`;
  const wide = (count: number): string =>
    `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')}}`;

  it.each([
    ['depth', `{"profile":{"settings":{"a":${deep(200_000)}}}}`],
    ['little depth', `{"profile":{"settings":{"a":${deep(40)}}}}`],
    ['depth of what is not closed', '{"a":'.repeat(90_000)],
    ['width', `{"profile":{"settings":${wide(30_000)}}}`],
    ['entries', `{"profile":{"settings":{"a":[${'1,'.repeat(50_000)}1]}}}`],
  ])('by its %s is refused with one sentence', async (_, payload) => {
    const { status, body } = await send('POST', '/profiles/check', payload);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'BODY_INVALID' });
  });
  it.each([3_000, 19_000])('by a form with %i settings has a few findings and no more', async (count) => {
    const { status, body } = await send('POST', '/profiles/check', `{"profile":{"settings":${wide(count)}}}`);
    expect(status).toBe(200);
    expect(body['ok']).toBe(false);
    expect((body['findings'] as unknown[]).length).toBeLessThanOrEqual(100);
  });
  it('is not what looks like it inside of a text', async () => {
    const text = `name: x\n# ${'[{"'.repeat(200)}`;
    const { body } = await send('POST', '/profiles/check', JSON.stringify({ profile: { text } }));
    expect(body).toHaveProperty('findings');
  });
});

// What arrives from outside without being asked for: paths in disguise, broken requests, readers without end.
import { once } from 'node:events';
import http from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBench, type TestBench } from '../../../test/support/service-bench.js';
import { createApp } from '../app.js';
import { REQUEST_TIMEOUT_MS } from './uploads.js';

const SECRET = 'planted beside the page';
let bench: TestBench;
let app: FastifyInstance;
let folder: string;
let port: number;

beforeAll(async () => {
  bench = await createBench();
  folder = await mkdtemp(join(tmpdir(), 'espmint-page-'));
  await mkdir(join(folder, 'web/assets'), { recursive: true });
  await writeFile(join(folder, 'web/index.html'), '<!doctype html><title>the page</title>');
  await writeFile(join(folder, 'web/assets/a.js'), '0123456789');
  await writeFile(join(folder, 'secret.txt'), SECRET);
  app = await createApp(bench.parts, {
    version: '1.2.3',
    dataDir: bench.dataDir,
    webDir: join(folder, 'web'),
    wrapHandlers: (handlers) => ({
      ...handlers,
      importValues: async ({ body }) => {
        for await (const piece of body.pieces) expect(piece.length).toBeLessThan(99);
        return { list: 'none', rows: 0 };
      },
    }),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(async () => {
  await app.close();
  await bench.dispose();
  await rm(folder, { recursive: true, force: true });
});

it.each([
  ['\u0016\u0003\u0001 no HTTP\r\n\r\n', 400, 'is no HTTP'],
  [`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`, 431, 'has too long headers'],
])('what is no request is answered in the form of every error (%#)', async (bytes, status, reason) => {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined).write(bytes, 'latin1');
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(JSON.parse(body)).toMatchObject({ code: 'BODY_INVALID', params: { reason } });
});

it.each([
  ['/api/v1/jobs', 'application/json'],
  ['/api/v1/values?profile=x', 'text/csv'],
])('a body that stops arriving at %s is answered with 408, and the connection ends', async (path, type) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${type}\r\ncontent-length: 99\r\n\r\n{`,
    );
    let answer: string | undefined;
    void text(socket).then((received) => (answer = received));
    while (answer === undefined) {
      vi.advanceTimersByTime(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 408 /);
    expect(JSON.parse(body)).toMatchObject({
      code: 'BODY_INVALID',
      params: { reason: 'took too long to arrive' },
    });
  } finally {
    vi.useRealTimers();
  }
});

it('an answered request is not answered once more as late, whether its body was read or not', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    await app.inject({ url: '/api/v1/status' });
    await app.inject({ method: 'POST', url: '/api/v1/jobs', payload: { ports: [] } });
    expect(() => vi.advanceTimersByTime(REQUEST_TIMEOUT_MS)).not.toThrow();
  } finally {
    vi.useRealTimers();
  }
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Sends the path as it stands: no client cleans it up. */
async function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const request = http.get({ port, path, headers: { ...headers, host: headers['host'] ?? '127.0.0.1' } });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let body = '';
  for await (const piece of response.setEncoding('utf8')) body += String(piece);
  return { status: response.statusCode, headers: response.headers, body };
}

describe('a path', () => {
  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//secret.txt',
    '/assets/a.js/../../../secret.txt',
    '/assets/%00/secret.txt',
  ])('%s leads to no file beside the page', async (path) => {
    const { status, body } = await get(path);
    expect(body).not.toContain(SECRET);
    expect(status).toBe(404);
  });
  it.each(['/%61pi/v1/version', '/api/%76%31/version', 'http://127.0.0.1/api/v1/version'])(
    '%s is the interface, with the same guards as written plainly',
    async (path) => {
      const { status, headers } = await get(path);
      expect(status).toBe(200);
      expect(headers['cache-control']).toBe('no-store');
      const foreign = await get(path, { 'sec-fetch-site': 'cross-site' });
      expect(JSON.parse(foreign.body)).toMatchObject({ code: 'SITE_REFUSED' });
    },
  );
  it.each(['/%', '/api/v1/devices/%ff'])(
    '%s, which is none, is refused as everything else is',
    async (path) => {
      const { status, headers, body } = await get(path);
      expect(status).toBe(400);
      expect(JSON.parse(body)).toMatchObject({ code: 'BODY_INVALID' });
      expect(headers['content-type']).toContain('application/json');
    },
  );
});

describe('a host', () => {
  it.each(['evil@127.0.0.1', '127.0.0.1#.evil.example.com', '127.0.0.1/evil', '127.0.0.1?evil'])(
    '%s is no host name',
    async (host) => {
      expect(JSON.parse((await get('/api/v1/version', { host })).body)).toMatchObject({
        code: 'SITE_REFUSED',
      });
    },
  );
});

describe('a request for a part of a file', () => {
  it('gets the whole of it, also when there is no such part', async () => {
    const { status, body } = await get('/assets/a.js', { range: 'bytes=900-' });
    expect({ status, body }).toEqual({ status: 200, body: '0123456789' });
    expect(bench.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});

describe('readers of live events', () => {
  it('from one place are not so many that others find no line, and each that goes makes room', async () => {
    const open = async (): Promise<http.IncomingMessage> => {
      const request = http.get({ port, path: '/api/v1/events', headers: { host: '127.0.0.1' } });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      response.on('error', () => undefined);
      return response;
    };
    const readers: http.IncomingMessage[] = [];
    for (let count = 0; count < 50; count++) readers.push(await open());
    expect(new Set(readers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    const refused = await get('/api/v1/events');
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'TOO_MANY_READERS', retryable: true });
    readers.pop()?.destroy();
    await expect
      .poll(async () => {
        const next = await open();
        readers.push(next);
        return next.statusCode;
      })
      .toBe(200);
    for (const reader of readers) reader.destroy();
  });
});

// Every status that the table of errors knows, made to happen over HTTP.
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBench, type TestBench } from '../../../test/support/service-bench.js';
import { CATALOG, EspmintError, type ErrorCode } from '../../core/errors/index.js';
import { People } from '../access/people.js';
import { createApp } from '../app.js';
import type { ServiceParts } from '../parts.js';

const PASSWORD = 'a long enough password';
let bench: TestBench;
let app: FastifyInstance;
let thrown: Error;
const tokens = new Map<string, string>();

beforeAll(async () => {
  bench = await createBench(1);
  const people = new People(bench.dataDir, { n: 2 ** 10, r: 8, p: 1 });
  await people.addUser('lan', 'admin', PASSWORD);
  for (const role of ['viewer', 'admin'] as const)
    tokens.set(role, (await people.createToken(role, role)).token);
  const parts: ServiceParts = {
    ...bench.parts,
    connect: () =>
      Promise.reject(new EspmintError('CHIP_NOT_SUPPORTED', { port: 'virtual://1', chip: 'ESP8266' })),
    registry: new Proxy(bench.parts.registry, {
      get: (inner, name) => {
        if (name === 'list')
          return () =>
            Promise.reject(new EspmintError('REGISTRY_UNREACHABLE', { target: 'db', reason: 'off' }));
        const value: unknown = Reflect.get(inner, name);
        return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
      },
    }),
  };
  app = await createApp(parts, {
    version: '1.2.3',
    dataDir: bench.dataDir,
    wrapHandlers: (handlers) => ({
      ...handlers,
      listVirtualBoards: () => {
        throw thrown;
      },
      getSettings: () => {
        throw new TypeError('a fault of ours');
      },
    }),
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await bench.dispose();
});

const ask = (request: InjectOptions, role = 'admin') =>
  app.inject({
    ...request,
    url: `/api/v1${typeof request.url === 'string' ? request.url : ''}`,
    headers: {
      ...(role === '' ? {} : { authorization: `Bearer ${tokens.get(role) ?? ''}` }),
      ...request.headers,
    },
  });
const post = (url: string, payload: object): InjectOptions => ({ method: 'POST', url, payload });
const profile = { profile: { settings: { name: 'x', caUrl: 'https://ca.example.com' } } };
const address = 'tcp://127.0.0.1:9';
const template = { widthMm: 50, heightMm: 25, dpi: 203, qr: '{{uuid}}', lines: ['{{mac}}'] };

/** Each with what comes before it. */
const REQUESTS: readonly [number, string, InjectOptions, { role?: string; before?: InjectOptions[] }?][] = [
  [400, 'BODY_INVALID', { url: '/devices?limt=1' }],
  [401, 'SIGN_IN_NEEDED', { url: '/ports' }, { role: '' }],
  [403, 'ROLE_TOO_LOW', { url: '/users' }, { role: 'viewer' }],
  [404, 'JOB_UNKNOWN', { url: '/jobs/none' }],
  [405, 'METHOD_NOT_ALLOWED', { method: 'DELETE', url: '/version' }],
  [409, 'PROFILE_CHANGED', post('/profiles', profile), { before: [post('/profiles', profile)] }],
  [413, 'BODY_TOO_LARGE', post('/profiles/check', { profile: { text: 'x'.repeat(600_000) } })],
  [
    415,
    'BODY_TYPE',
    { method: 'POST', url: '/tokens', payload: 'a', headers: { 'content-type': 'text/plain' } },
  ],
  [422, 'CHIP_NOT_SUPPORTED', post('/ports/inspect', { port: 'virtual://1' })],
  [
    424,
    'PRINTER_FAILED',
    post('/printers/p/test', {}),
    { before: [{ method: 'PUT', url: '/printers/p', payload: { address, template } }] },
  ],
  [
    429,
    'SIGN_IN_THROTTLED',
    post('/session', { name: 'lan', password: 'wrong' }),
    { before: Array.from({ length: 6 }, () => post('/session', { name: 'lan', password: 'wrong' })) },
  ],
  [500, 'INTERNAL', { url: '/settings' }],
  [503, 'REGISTRY_UNREACHABLE', { url: '/devices' }],
];

/** An error of any code: details of the kinds that its sentence asks for, found by trying. */
function sampleOf(code: ErrorCode): EspmintError {
  const kinds = new Map<string, number>();
  for (let tries = 0; tries < 50; tries++) {
    let last = '';
    const get = (_: object, name: string | symbol): unknown => {
      last = String(name);
      return ['word', 1, ['word'], { word: 1 }][kinds.get(last) ?? 0];
    };
    try {
      const cause = new Error('canary of the cause');
      return new EspmintError(code, new Proxy({}, { get }) as never, { cause });
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      // "faults.join is not a function": all are taken out of the details before one is used.
      const name = /^(\w+)\.\w+ is not/.exec(error.message)?.[1] ?? last;
      kinds.set(name, (kinds.get(name) ?? 0) + 1);
    }
  }
  throw new Error(`no details suit ${code}`);
}

describe('each code of the table of errors', () => {
  it.each(Object.keys(CATALOG) as ErrorCode[])('%s is answered as the table says', async (code) => {
    const error = (thrown = sampleOf(code));
    const { statusCode, body, headers } = await ask({ url: '/virtual-boards' });
    expect(statusCode).toBe(CATALOG[code].http);
    expect(headers['content-type']).toContain('application/json');
    const answer = JSON.parse(body) as Record<string, unknown>;
    expect(answer).toMatchObject({ code, retryable: CATALOG[code].retryable });
    expect(answer['next']).toMatch(/^\S.*\.$/s);
    // A fault of the service is told by the number of its request alone.
    if (code === 'INTERNAL') expect(answer['message']).toMatch(/request \S+/);
    else expect(answer['message']).toBe(error.message);
    expect(body).not.toMatch(/canary of the cause|\n? {4}at |\.ts:\d/);
  });
});

describe('each status of the table of errors', () => {
  it.each(REQUESTS)(
    '%i comes with %s',
    async (status, code, request, { role = 'admin', before = [] } = {}) => {
      for (const first of before) await ask(first);
      const answer = await ask(request, role);
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([status, code]);
      expect(answer.json()).toMatchObject({
        message: expect.stringMatching(/\.$/) as string,
        next: expect.any(String) as string,
        retryable: expect.any(Boolean) as boolean,
      });
    },
  );

  it.each(['/devices/export', '/devices/export?format=jsonl'])(
    'is that of %s too, which sends no head before its first page is read',
    async (url) => {
      const answer = await ask({ url });
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([
        503,
        'REGISTRY_UNREACHABLE',
      ]);
      expect(answer.headers['content-disposition']).toBeUndefined();
    },
  );

  it('is among them, and no other is', () => {
    const documented = new Set(Object.values(CATALOG).map(({ http }) => http));
    expect(REQUESTS.map(([status]) => status)).toEqual([...documented].sort((a, b) => a - b));
  });
});

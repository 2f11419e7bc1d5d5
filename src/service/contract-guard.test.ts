// Rules that hold for every operation, taken from the app's own route table, so that none can be forgotten.
import type { FastifyInstance, InjectOptions, RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBench, type TestBench } from '../../test/support/service-bench.js';
import { exampleOf, plantedExampleOf } from '../../test/support/schema-examples.js';
import { createApp } from './app.js';
import { People } from './access/people.js';
import {
  API_PREFIX,
  isTextAnswer,
  operationList,
  ROLES,
  type Operation,
  type OperationId,
  type Role,
} from './contract/index.js';
import type { Handlers } from './http/operations.js';

const CANARY = 'planted-secret-4711';
type Listed = Operation & { readonly id: OperationId };
/** Each operation at each of its addresses. */
const addressed = operationList.flatMap((operation) => [
  { ...operation, at: API_PREFIX + operation.path },
  ...(operation.alsoAt === undefined ? [] : [{ ...operation, at: operation.alsoAt }]),
]);

let bench: TestBench;
let app: FastifyInstance;
const routes: RouteOptions[] = [];
const tokens = new Map<Role, string>();
/** Operations whose handler ran. */
const reached: string[] = [];

/** Every handler answers with an example of its schema that holds a secret field at every depth. */
function planted(handlers: Handlers): Handlers {
  const entries = operationList.map(({ id, response }) => {
    const answer = (): unknown => {
      reached.push(id);
      return isTextAnswer(response) ? 'text' : plantedExampleOf(response, CANARY);
    };
    return [id, answer];
  });
  return { ...handlers, ...(Object.fromEntries(entries) as object) };
}

beforeAll(async () => {
  bench = await createBench();
  const people = new People(bench.dataDir, { n: 2 ** 10, r: 8, p: 1 });
  await people.addUser('lan', 'admin', 'a long enough password');
  for (const role of ROLES) tokens.set(role, (await people.createToken(role, role)).token);
  app = await createApp(bench.parts, {
    version: '1.2.3',
    dataDir: bench.dataDir,
    wrapHandlers: planted,
    onRoute: (route) => routes.push(route),
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await bench.dispose();
});

function requestOf(operation: Listed & { readonly at: string }, role: Role | undefined): InjectOptions {
  const { method, at, params, query, body, upload } = operation;
  const values = params === undefined ? {} : (exampleOf(params) as Record<string, string>);
  const url = at.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? 'x'));
  const token = role === undefined ? undefined : tokens.get(role);
  return {
    method,
    url,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(upload === undefined ? {} : { 'content-type': upload[0] }),
    },
    ...(upload === undefined ? {} : { payload: 'a file' }),
    ...(query === undefined ? {} : { query: stringsOf(exampleOf(query) as object) }),
    ...(body === undefined ? {} : { payload: exampleOf(body) as object }),
  };
}

function stringsOf(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

describe('the route table', () => {
  it('is the contract, no more and no less', () => {
    const served = routes
      .filter(({ method, url }) => method !== 'HEAD' && url !== '/')
      .map(({ method, url }) => `${String(method)} ${url}`)
      .sort();
    const promised = addressed.map(({ method, at }) => `${method} ${at}`).sort();
    expect(served).toEqual(promised);
  });
});

describe.each(addressed)('$method $at', (operation) => {
  it('answers with the fields of its schema only', async () => {
    const answer = await app.inject(requestOf(operation, 'admin'));
    expect(answer.statusCode).toBe(200);
    expect(answer.body).not.toContain(CANARY);
    if (!isTextAnswer(operation.response)) {
      expect(operation.response.safeParse(answer.json()).success).toBe(true);
      expect(JSON.stringify(plantedExampleOf(operation.response, CANARY))).toContain(CANARY);
    }
  });

  it.each([undefined, ...ROLES])('asked by %s', async (role) => {
    const allowed =
      operation.role === 'anyone' ||
      (role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(operation.role));
    reached.length = 0;
    const answer = await app.inject(requestOf(operation, role));
    if (allowed) {
      expect(answer.statusCode).toBe(200);
    } else {
      expect(answer.json()).toMatchObject({ code: role === undefined ? 'SIGN_IN_NEEDED' : 'ROLE_TOO_LOW' });
      expect(answer.statusCode).toBe(role === undefined ? 401 : 403);
    }
    expect(reached).toEqual(allowed ? [operation.id] : []);
  });

  it('refuses another site, whoever is signed in', async () => {
    const request = requestOf(operation, 'admin');
    for (const header of [
      { host: 'evil.example.com' },
      { origin: 'https://evil.example.com' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      reached.length = 0;
      const answer = await app.inject({ ...request, headers: { ...request.headers, ...header } });
      expect(answer.json()).toMatchObject({ code: 'SITE_REFUSED' });
      expect(reached).toEqual([]);
    }
  });

  it('tells the browser to keep nothing, run nothing foreign, and allows no other site', async () => {
    const { headers } = await app.inject(requestOf(operation, 'admin'));
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('what is not in the contract', () => {
  it.each(['/api/v1/nothing', '/api/v1/devices/x/y', '/api/v2/ports', '/healthz'])(
    '%s is no route',
    async (url) => {
      const answer = await app.inject({ url, headers: { accept: '*/*' } });
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toMatchObject({ code: 'ROUTE_UNKNOWN' });
    },
  );
  it.each([
    ['PUT', '/api/v1/ports', 'GET, HEAD, POST'],
    ['DELETE', '/api/v1/devices/a4:cf:12:34:56:78/reveal', 'POST'],
    ['OPTIONS', '/api/v1/version', 'GET, HEAD'],
    ['HEAD', '/api/v1/jobs/1/seen', 'POST'],
  ] as const)('%s of %s is refused with what there is', async (method, url, allow) => {
    const answer = await app.inject({ method, url });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers['allow']).toBe(allow);
  });
  it.each(['/api/v1/version?x=1', '/api/v1/ports?limit=3', '/api/v1/devices?limt=3'])(
    '%s is refused: it asks for what there is not',
    async (url) => {
      const headers = { authorization: `Bearer ${tokens.get('admin') ?? ''}` };
      const answer = await app.inject({ url, headers });
      expect(answer.statusCode).toBe(400);
      expect(answer.json<{ message: string }>().message).toContain(url.split(/[?=]/)[1] ?? '');
    },
  );
  it.each(addressed.filter(({ method }) => method === 'GET'))('HEAD $at has no body', async (operation) => {
    const answer = await app.inject({ ...requestOf(operation, 'admin'), method: 'HEAD' });
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
  });
  it('other content than JSON is refused', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/session',
      headers: { 'content-type': 'text/plain' },
      payload: '{"name":"a","password":"b"}',
    });
    expect(answer.statusCode).toBe(415);
    expect(answer.json()).toMatchObject({ code: 'BODY_TYPE' });
  });
  it('a wrong body is refused with the field named and its value left out', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/tokens',
      headers: { authorization: `Bearer ${tokens.get('admin') ?? ''}` },
      payload: { label: 'x', role: CANARY },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'BODY_INVALID' });
    expect(answer.json<{ message: string }>().message).toContain('role');
    expect(answer.body).not.toContain(CANARY);
  });
});

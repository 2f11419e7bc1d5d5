// The fake service over HTTP: the same contract, headers and live events as the real one, the page built into dist/web.
// Requests and answers pass the contract's schemas, so that the page is never developed against a dream.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { z } from 'zod';
import {
  API_PREFIX,
  isTextAnswer,
  liveEventSchema,
  operationList,
  ROLES,
  type Operation,
  type Role,
} from '../../../src/service/contract/index.js';
import { ROOT } from '../reference-tools.js';
import { handlersOf } from './handlers.js';
import { FakeFile, Refusal, type Handlers } from './refusal.js';
import type { Pace } from './run.js';
import { FakeWorld, type SentEvent } from './world.js';

/** As strict as the real service's. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

interface Caller {
  readonly user?: { readonly name: string; readonly role: Role };
  readonly csrfToken?: string;
}

export interface FakeService {
  readonly url: string;
  readonly world: FakeWorld;
  readonly close: () => Promise<void>;
}

export interface FakeOptions {
  readonly world?: FakeWorld;
  readonly pace?: Pace;
  /** Its clock, for pages whose own stands still or is wrong. */
  readonly now?: () => number;
  /** 0: any. A test that stops a service and starts it again gives the same. */
  readonly port?: number;
}

export async function startFakeService(options: FakeOptions = {}): Promise<FakeService> {
  const world = options.world ?? new FakeWorld();
  const handlers = handlersOf(world, options.pace ?? { stageMs: 40 });
  const sessions = new Map<string, Required<Caller>>();
  const server = createServer((request, response) => {
    if (options.now !== undefined) response.setHeader('date', new Date(options.now()).toUTCString());
    answer({ world, handlers, sessions, request, response }).catch((error: unknown) => {
      send(response, 500, { code: 'INTERNAL', message: String(error), retryable: false });
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    world,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

interface Exchange {
  readonly world: FakeWorld;
  readonly handlers: Handlers;
  readonly sessions: Map<string, Required<Caller>>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(exchange: Exchange): Promise<void> {
  const { request, response, world } = exchange;
  const url = new URL(request.url ?? '/', 'http://localhost');
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  if (!url.pathname.startsWith(API_PREFIX)) {
    await sendFile(response, url.pathname);
    return;
  }
  const found = match(request.method ?? 'GET', url.pathname.slice(API_PREFIX.length));
  if (found === undefined) {
    send(response, 404, { code: 'ROUTE_UNKNOWN', message: `There is no ${url.pathname}.`, retryable: false });
    return;
  }
  const caller = callerOf(exchange);
  const refusal = refuse(world, found.operation, caller, request);
  if (refusal !== undefined) {
    send(response, refusal.status, { code: refusal.code, message: refusal.message, retryable: false });
    return;
  }
  if (found.operation.id === 'events') {
    stream(world, request, response);
    return;
  }
  await run(exchange, found, url, caller);
}

type Found = NonNullable<ReturnType<typeof match>>;

async function run(exchange: Exchange, found: Found, url: URL, caller: Caller): Promise<void> {
  const { request, response } = exchange;
  const { operation, params } = found;
  try {
    const sent = {
      params: parse(operation.params, params),
      query: parse(operation.query, Object.fromEntries(url.searchParams)),
      body:
        operation.upload === undefined
          ? parse(operation.body, await readBody(request))
          : { contentType: request.headers['content-type'], pieces: request },
    };
    const value =
      session(exchange, operation.id, sent.body, caller) ??
      (await handle(exchange.handlers, operation, sent, caller));
    if (isTextAnswer(operation.response)) {
      const { contentType, content } =
        value instanceof FakeFile ? value : new FakeFile(operation.response.contentType, String(value));
      response.writeHead(200, { 'content-type': contentType }).end(content);
    } else send(response, 200, operation.response.parse(value));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, code, message, field } = error;
    send(response, status, { code, message, field, retryable: false });
  }
}

function handle(handlers: Handlers, operation: Found['operation'], sent: object, caller: Caller): unknown {
  const handler = handlers[operation.id] as ((sent: object, caller: Caller) => unknown) | undefined;
  if (handler === undefined) throw new Refusal(501, 'NOT_FAKED', `${operation.id} is not part of the fake.`);
  return handler(sent, caller);
}

/** Sign-in, sign-out and who is there need the cookie, so they are answered here. */
function session(exchange: Exchange, id: string, body: unknown, caller: Caller): unknown {
  const { world, sessions, response } = exchange;
  if (id === 'signIn') {
    const { name, password } = body as { name: string; password: string };
    const user = world.users.find((other) => other.name === name && other.password === password);
    if (user === undefined) throw new Refusal(401, 'SIGN_IN_FAILED', 'Name or password is wrong; try again.');
    const made = { user: { name, role: user.role }, csrfToken: randomUUID() };
    const cookie = randomUUID();
    sessions.set(cookie, made);
    response.setHeader('set-cookie', `espmint_session=${cookie}; HttpOnly; SameSite=Strict; Path=/`);
    return { signInRequired: true, zone: 'UTC', ...made };
  }
  if (id === 'signOut') {
    response.setHeader('set-cookie', 'espmint_session=; Max-Age=0; Path=/');
    return { ok: true };
  }
  return id === 'getSession' ? { signInRequired: world.users.length > 0, zone: 'UTC', ...caller } : undefined;
}

function callerOf({ request, sessions }: Exchange): Caller {
  const cookie = /espmint_session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  return sessions.get(cookie ?? '') ?? {};
}

function refuse(
  world: FakeWorld,
  operation: Operation,
  caller: Caller,
  request: IncomingMessage,
): Refusal | undefined {
  if (world.users.length === 0 || operation.role === 'anyone') return undefined;
  if (caller.user === undefined)
    return new Refusal(401, 'SIGN_IN_NEEDED', 'Nobody is signed in; sign in first.');
  if (request.method !== 'GET' && request.headers['x-csrf-token'] !== caller.csrfToken) {
    return new Refusal(403, 'CSRF_REFUSED', 'The request does not come from the page; reload it.');
  }
  const allowed = ROLES.indexOf(caller.user.role) >= ROLES.indexOf(operation.role);
  return allowed ? undefined : new Refusal(403, 'ROLE_TOO_LOW', `This needs the role ${operation.role}.`);
}

function match(method: string, path: string) {
  for (const operation of operationList) {
    if (operation.method !== method) continue;
    const names = [...operation.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
    const pattern = new RegExp(`^${operation.path.replace(/:\w+/g, '([^/]+)')}$`);
    const values = pattern.exec(path);
    if (values === null) continue;
    const params = Object.fromEntries(
      names.map((name, index) => [name, decodeURIComponent(values[index + 1] ?? '')]),
    );
    return { operation, params };
  }
  return undefined;
}

function parse(schema: z.ZodType | undefined, value: unknown): unknown {
  const parsed = schema?.safeParse(value);
  if (parsed?.success === false) {
    const [issue] = parsed.error.issues;
    throw new Refusal(400, 'BODY_INVALID', issue?.message ?? '', issue?.path.join('.'));
  }
  return parsed?.data;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return text === '' ? undefined : JSON.parse(text);
}

/** Server-sent events with ids; what was missed comes first, and another process's ids get a reset. */
function stream(world: FakeWorld, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const write = ({ id, event }: SentEvent): void => {
    response.write(`id: ${world.instance}-${id}\ndata: ${JSON.stringify(liveEventSchema.parse(event))}\n\n`);
  };
  const lastId = String(request.headers['last-event-id'] ?? '');
  const at = lastId.startsWith(world.instance) ? Number(lastId.slice(world.instance.length + 1)) : undefined;
  const greet = { type: 'hello', version: '0.1.0', instance: world.instance } as const;
  response.write(`data: ${JSON.stringify(greet)}\n\n`);
  if (at !== undefined) for (const sent of world.events.slice(at)) write(sent);
  else if (lastId !== '') response.write('data: {"type":"reset"}\n\n');
  request.on('close', world.listen(write));
}

async function sendFile(response: ServerResponse, path: string): Promise<void> {
  const file = normalize(path === '/' ? '/index.html' : path);
  try {
    const bytes = await readFile(join(ROOT, 'dist/web', file));
    response
      .writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
      .end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

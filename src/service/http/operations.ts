// Puts every operation of the contract on its path: rights first, then schemas, then the handler, then the schema again.
import { EspmintError } from '../../core/errors/index.js';
import { findFaultyText } from '../../core/text.js';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Readable } from 'node:stream';
import type { ServerResponse } from 'node:http';
import {
  requireCsrfToken,
  requireRole,
  type Credentials,
  type Gatekeeper,
  type Identity,
} from '../access/gatekeeper.js';
import {
  API_PREFIX,
  errorSchema,
  isTextAnswer,
  operationList,
  type AnswerOf,
  type Operation,
  type OperationId,
  type Operations,
  type RequestOf,
} from '../contract/index.js';
import { z } from 'zod';

/** What a handler may know and do besides its request. */
export interface Call {
  /** Present on every operation that needs a role. */
  readonly identity: Identity | undefined;
  readonly cookie: string | undefined;
  readonly credentials: Credentials;
  readonly address: string;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
  setCookie(value: string): void;
  clearCookie(): void;
  header(name: string, value: string): void;
  /** Takes the answer over: the handler writes it by itself. */
  takeOver(): ServerResponse;
  readonly lastEventId: string | undefined;
}

export type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** An operation that does not answer with JSON: text, bytes, a stream, or nothing where the handler has taken over. */
type TextOf = string | Uint8Array | Readable | undefined;
type Answer<I extends OperationId> = Operations[I]['response'] extends z.ZodType
  ? DeepReadonly<AnswerOf<I>>
  : TextOf;

export type Handlers = {
  readonly [I in OperationId]: (request: RequestOf<I>, call: Call) => Answer<I> | Promise<Answer<I>>;
};
type AnyHandler = (request: object, call: Call) => unknown;

export interface OperationOptions {
  readonly gate: Gatekeeper;
  /** Only over HTTPS does a browser send the cookie. */
  readonly secureCookie: boolean;
  /** Told of each operation that did what it was asked. */
  readonly onDone: (operation: Operation) => void;
}

export const COOKIE = 'espmint_session';
export const CSRF_HEADER = 'x-csrf-token';
/** Tries of a password by one address. */
const SIGN_IN_PER_MINUTE = 30;

const TEXT = z.string();
const JSON_ERROR = { 'application/json': { schema: errorSchema } };

declare module 'fastify' {
  interface FastifyRequest {
    identity: Identity | undefined;
  }
}

export function registerOperations(
  app: FastifyInstance,
  handlers: Handlers,
  options: OperationOptions,
): void {
  app.decorateRequest('identity', undefined);
  for (const operation of operationList) {
    app.route(routeOf(operation, handlers[operation.id] as unknown as AnyHandler, options));
  }
}

function routeOf(
  operation: Operation & { readonly id: OperationId },
  handler: AnyHandler,
  options: OperationOptions,
): RouteOptions {
  const { id, method, path } = operation;
  return {
    method,
    url: `${API_PREFIX}${path}`,
    schema: schemaOf(operation),
    ...(id === 'signIn'
      ? { config: { rateLimit: { max: SIGN_IN_PER_MINUTE, timeWindow: '1 minute' } } }
      : {}),
    onRequest: (request) => admit(request, operation, options.gate),
    handler: async (request, reply) => {
      const { params, query, body } = request;
      checkTexts({ params, query, body });
      const answer = await handler({ params, query, body }, callOf(request, reply, options));
      options.onDone(operation);
      if (!isTextAnswer(operation.response)) return answer;
      if (reply.sent) return reply;
      if (!reply.hasHeader('content-type')) reply.type(`${operation.response.contentType}; charset=utf-8`);
      return reply.send(answer);
    },
  };
}

/** Texts that no database holds are refused by the field that they stand in. @throws INPUT_INVALID */
function checkTexts(parts: object): void {
  const faulty = findFaultyText(parts);
  if (faulty === undefined) return;
  const { path, reason, hint } = faulty;
  throw new EspmintError('INPUT_INVALID', { field: path.join('.'), reason, hint });
}

/** Also for the OpenAPI document, which is made of it. */
function schemaOf({
  id,
  path,
  summary,
  role,
  params,
  query,
  body,
  response,
}: Operation & { id: OperationId }): object {
  const ok = isTextAnswer(response)
    ? { description: response.description, content: { [response.contentType]: { schema: TEXT } } }
    : response;
  return {
    operationId: id,
    summary,
    tags: [path.split('/')[1] ?? ''],
    ...(role === 'anyone' ? { security: [] } : { description: `Needs the role ${role}.` }),
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { querystring: query }),
    ...(body === undefined ? {} : { body }),
    response: { 200: ok, default: { description: 'Refused; see Error', content: JSON_ERROR } },
  };
}

/** Rights come before everything else: who may not call an operation does not learn what it takes. */
async function admit(request: FastifyRequest, operation: Operation, gate: Gatekeeper): Promise<void> {
  const credentials = credentialsOf(request);
  const identity = await gate.identify(credentials);
  request.identity = operation.role === 'anyone' ? identity : requireRole(identity, operation.role);
  const changes = operation.method !== 'GET';
  // Signing in replaces the session, so it needs nothing of it.
  const isSignIn = operation.path === '/session' && operation.method === 'POST';
  if (changes && !isSignIn) requireCsrfToken(identity, credentials, request.headers[CSRF_HEADER]);
}

export function credentialsOf({ cookies, headers }: FastifyRequest): Credentials {
  return { cookie: cookies[COOKIE], authorization: headers.authorization };
}

function callOf(request: FastifyRequest, reply: FastifyReply, { secureCookie }: OperationOptions): Call {
  const cookie = { path: '/', httpOnly: true, sameSite: 'strict', secure: secureCookie } as const;
  const lastEventId = request.headers['last-event-id'];
  return {
    identity: request.identity,
    cookie: request.cookies[COOKIE],
    credentials: credentialsOf(request),
    address: request.ip,
    signal: untilGone(reply.raw),
    setCookie: (value) => void reply.setCookie(COOKIE, value, cookie),
    clearCookie: () => void reply.clearCookie(COOKIE, cookie),
    header: (name, value) => void reply.header(name, value),
    takeOver: () => {
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      return reply.raw;
    },
    lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
  };
}

/** Aborted when the connection ends before the answer does. */
function untilGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) gone.abort();
  });
  return gone.signal;
}

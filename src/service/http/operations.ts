// Puts every operation of the contract on its path: rights first, then schemas, then the handler, then the schema again.
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
  isTextAnswer,
  operationList,
  type AnswerOf,
  type Operation,
  type OperationId,
  type Operations,
  type RequestOf,
} from '../contract/index.js';
import { z } from 'zod';
import { isEspmintError } from '../../core/errors/index.js';
import { checked, checkTexts } from './input.js';
import { addressOf } from './request-facts.js';
import { uploadOf } from './uploads.js';
import { isDirect } from './sites.js';

/** What a handler may know and do besides its request. */
export interface Call {
  /** Present on every operation that needs a role. */
  readonly identity: Identity | undefined;
  readonly cookie: string | undefined;
  readonly credentials: Credentials;
  readonly address: string;
  /** Aborted when the caller goes away, and with an EspmintError as its reason when the service stops. */
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
/** The handlers of one group of the contract: `HandlersOf<typeof JOB_OPERATIONS>`. */
export type HandlersOf<Group> = Pick<Handlers, Extract<keyof Group, OperationId>>;
/** The answer of an operation that only does something. */
export const DONE = { ok: true } as const;

type AnyHandler = (request: object, call: Call) => unknown;

export interface OperationOptions {
  readonly gate: Gatekeeper;
  readonly sessionCookie: string;
  /** Whether this address is that of a proxy that is believed. */
  readonly isProxy: (address: string | undefined) => boolean;
  /** Of every request that is being answered: the service ends them when it stops. */
  readonly running: Set<AbortController>;
  /** Called after each operation that did what it was asked. */
  readonly onDone: (operation: Operation) => void;
}

const CSRF_HEADER = 'x-csrf-token';

const NO_QUERY = z.strictObject({});

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
    const route = routeOf(operation, handlers[operation.id] as unknown as AnyHandler, options);
    app.route(route);
    const { alsoAt } = operation;
    if (alsoAt !== undefined) app.route({ ...route, url: alsoAt });
  }
}

function routeOf(
  operation: Operation & { readonly id: OperationId },
  handler: AnyHandler,
  options: OperationOptions,
): RouteOptions {
  const { method, path, bodyLimitBytes: bodyLimit } = operation;
  return {
    method,
    ...(bodyLimit === undefined ? {} : { bodyLimit }),
    url: `${API_PREFIX}${path}`,
    onRequest: (request) => admit(request, operation, options),
    config: { upload: operation.upload },
    handler: async (request, reply) => {
      const taken = takeRequest(operation, request);
      // A head without its stream or file: nobody waits for what is not read.
      if (request.method === 'HEAD' && isTextAnswer(operation.response)) {
        return reply.type(operation.response.contentType).send();
      }
      const call = callOf(request, reply, options);
      const answer = await ended(call.signal, reply, () => handler(taken, call));
      options.onDone(operation);
      if (!isTextAnswer(operation.response)) {
        // What the schema does not name does not go out.
        return reply
          .type('application/json; charset=utf-8')
          .send(JSON.stringify(operation.response.encode(answer)));
      }
      if (reply.sent) return reply;
      if (!reply.hasHeader('content-type')) reply.type(`${operation.response.contentType}; charset=utf-8`);
      return reply.send(answer);
    },
  };
}

/** @throws BODY_INVALID with the field that the contract does not take */
function takeRequest({ params, query, body, upload }: Operation, request: FastifyRequest): object {
  checkTexts([request.params, request.query, upload === undefined ? request.body : undefined]);
  return {
    params: params === undefined ? request.params : checked(params, request.params, 'params'),
    query: checked(querySchema(query), request.query, 'querystring'),
    body: upload === undefined ? body && checked(body, request.body, 'body') : uploadOf(request),
  };
}

/** What is not asked for is a slip of the caller, and would change nothing without a word. */
export const querySchema = (query: Operation['query']): z.ZodObject => query?.strict() ?? NO_QUERY;

/** Rights come before everything else: who may not call an operation does not learn what it takes. */
async function admit(
  request: FastifyRequest,
  operation: Operation,
  options: OperationOptions,
): Promise<void> {
  const credentials = credentialsOf(request, options);
  const identity = await options.gate.identify(credentials);
  request.identity = operation.role === 'anyone' ? identity : requireRole(identity, operation.role);
  const changes = operation.method !== 'GET';
  // Signing in replaces the session, so it needs nothing of it.
  const isSignIn = operation.path === '/session' && operation.method === 'POST';
  if (changes && !isSignIn) requireCsrfToken(identity, credentials, request.headers[CSRF_HEADER]);
}

function credentialsOf(
  { cookies, headers, raw }: FastifyRequest,
  { sessionCookie, isProxy }: OperationOptions,
): Credentials {
  const { remoteAddress } = raw.socket;
  const { httpVersion } = raw;
  return {
    cookie: cookies[sessionCookie],
    authorization: headers.authorization,
    isDirect: !isProxy(remoteAddress) && isDirect({ headers, remoteAddress, httpVersion }),
  };
}

function callOf(request: FastifyRequest, reply: FastifyReply, options: OperationOptions): Call {
  const { sessionCookie } = options;
  // Only over HTTPS does a browser send it then: our own, or that of a proxy that is believed.
  const secure = request.protocol === 'https';
  const cookie = { path: '/', httpOnly: true, sameSite: 'strict', secure } as const;
  const lastEventId = request.headers['last-event-id'];
  return {
    identity: request.identity,
    cookie: request.cookies[sessionCookie],
    credentials: credentialsOf(request, options),
    address: addressOf(request),
    signal: untilGone(reply.raw, options.running),
    setCookie: (value) => void reply.setCookie(sessionCookie, value, cookie),
    clearCookie: () => void reply.clearCookie(sessionCookie, cookie),
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

/** What a stopping service ended says so, whatever it broke off in the middle of. */
async function ended(signal: AbortSignal, reply: FastifyReply, act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    if (!isEspmintError(signal.reason)) throw error;
    // Of an upload nobody reads the rest: its connection would never fall idle.
    reply.header('connection', 'close');
    throw signal.reason;
  }
}

/** Aborted when the connection ends before the answer does. */
function untilGone(response: ServerResponse, running: Set<AbortController>): AbortSignal {
  const gone = new AbortController();
  running.add(gone);
  response.once('close', () => {
    running.delete(gone);
    if (!response.writableEnded) gone.abort();
  });
  return gone.signal;
}

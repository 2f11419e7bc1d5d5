// The service as a Fastify app, without listening: guards, operations, the page.
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteOptions,
} from 'fastify';
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { EspmintError } from '../core/errors/index.js';
import { API_PREFIX, operationList } from './contract/index.js';
import { createCore, type ServiceCore } from './core.js';
import { createHandlers } from './handlers/index.js';
import { answerError, answerNoRequest } from './http/errors.js';
import { logRequests, pathOf } from './http/request-facts.js';
import { boundedJson } from './http/input.js';
import { type Handlers, registerOperations } from './http/operations.js';
import { registerPage } from './http/page.js';
import { trustedProxies } from './http/proxies.js';
import { takeUploads } from './http/uploads.js';
import { securityHeaders } from './http/security-headers.js';
import { checkSite } from './http/sites.js';
import { tellOfChange } from './live/changes.js';
import { DEFAULT_HOST, type ServiceOptions } from './options.js';
import type { ServiceParts } from './parts.js';

const SECOND_ADDRESSES = operationList.flatMap(({ alsoAt }) => alsoAt ?? []);
const BODY_LIMIT_BYTES = 512 * 1024;
const IDLE_CHECK_MS = 100;

export interface AppOptions extends ServiceOptions {
  /** For tests that want to see every answer pass its schema. */
  readonly wrapHandlers?: (handlers: Handlers) => Handlers;
  /** For tests that hold the routes against the contract. */
  readonly onRoute?: (route: RouteOptions) => void;
}

/**
 * Everything is ready after `app.ready()`; nothing listens. `app.close()` lets running boards finish first.
 *
 * @throws what reading the state in the data directory throws, at `ready`
 */
export async function createApp(parts: ServiceParts, options: AppOptions): Promise<FastifyInstance> {
  const core = createCore(parts, options);
  const app = createServer(options, answerError(parts.log));
  if (options.onRoute !== undefined) app.addHook('onRoute', options.onRoute);
  app.setErrorHandler(answerError(parts.log));
  takeOnlyBoundedJson(app);
  takeUploads(app);
  logRequests(app, parts.log);
  await registerGuards(app, options);
  const sessionCookie = sessionCookieOf(options.dataDir);
  const running = new Set<AbortController>();
  const handlers = createHandlers(core, sessionCookie);
  registerOperations(app, options.wrapHandlers?.(handlers) ?? handlers, {
    gate: core.gate,
    sessionCookie,
    isProxy: trustedProxies(options.trustedProxies ?? []),
    onDone: (operation) => tellOfChange(core.hub, operation),
    running,
  });
  await registerPage(app, options.webDir);
  tieLife(app, core, running);
  return app;
}

const neverAsked = (): never => {
  throw new Error('no route has a schema of JSON Schema');
};

/** @param answerFault for requests that are refused before any route is looked for */
function createServer(
  { tls, trustedProxies: proxies = [] }: ServiceOptions,
  answerFault: ReturnType<typeof answerError>,
): FastifyInstance {
  const limits = {
    // Fastify would load compilers of JSON Schema, 200 files: requests are checked by the contract's own schemas.
    schemaController: { compilersFactory: { buildValidator: neverAsked, buildSerializer: neverAsked } },
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: proxies.length === 0 ? false : trustedProxies(proxies),
    forceCloseConnections: 'idle',
    clientErrorHandler: answerNoRequest,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      void answerFault(error, request, reply),
  } as const;
  if (tls === undefined) return Fastify(limits);
  const https = { cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' } as const;
  return Fastify({ ...limits, https });
}

async function registerGuards(app: FastifyInstance, options: ServiceOptions): Promise<void> {
  const site = { host: options.host ?? DEFAULT_HOST, allowedHosts: options.allowedHosts ?? [] };
  await app.register(helmet, securityHeaders(options.tls !== undefined));
  app.addHook('onRequest', (request, reply, done) => {
    // By the route that was found: a path can be written in many ways.
    const url = request.routeOptions.url ?? pathOf(request.url);
    const isApi = url.startsWith(`${API_PREFIX}/`) || SECOND_ADDRESSES.includes(url);
    if (isApi) reply.header('cache-control', 'no-store');
    checkSite(request.headers, site, isApi);
    done();
  });
  await app.register(cookie);
}

/** Beside uploads only JSON comes in: a form on another site could send plain text without being asked. */
function takeOnlyBoundedJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      void parse(request, boundedJson(body as Buffer), done);
    } catch (error) {
      done(error as Error);
    }
  });
}

/** A browser keeps cookies by host and not by port: two services on one host need two names. */
function sessionCookieOf(dataDir: string): string {
  const instance = createHash('sha256')
    .update(`${hostname()}\0${resolve(dataDir)}`)
    .digest('hex');
  return `espmint_session_${instance.slice(0, 8)}`;
}

/** The app's life is the core's: it begins when the app is ready, and closing waits for running boards. */
function tieLife(app: FastifyInstance, core: ServiceCore, running: ReadonlySet<AbortController>): void {
  app.addHook('onReady', () => core.start());
  app.addHook('preClose', async () => {
    await core.stop();
    // An import of a million rows would hold up the end for half a minute.
    for (const call of running) call.abort(new EspmintError('SERVICE_STOPPING', {}));
    core.hub.endAll();
    closeAsTheyFallIdle(app.server);
  });
}

/** Node closes connections that are idle at the moment of closing; one that falls idle later would hold up the end. */
function closeAsTheyFallIdle(server: FastifyInstance['server']): void {
  const timer = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}

// The service as a Fastify app, without listening: guards, operations, the OpenAPI document, the page.
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { EspmintError } from '../core/errors/index.js';
import { API_PREFIX } from './contract/index.js';
import { createCore, type ServiceCore } from './core.js';
import { createHandlers } from './handlers/index.js';
import { answerError, pathOf } from './http/errors.js';
import { registerOperations, type Handlers } from './http/operations.js';
import { registerPage } from './http/page.js';
import { securityHeaders } from './http/security-headers.js';
import { checkSite } from './http/sites.js';
import { DEFAULT_HOST, type ServiceOptions } from './options.js';
import type { ServiceParts } from './parts.js';

const BODY_LIMIT_BYTES = 512 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

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
  const app = createServer(options);
  if (options.onRoute !== undefined) app.addHook('onRoute', options.onRoute);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError(parts.log));
  // Only JSON comes in: a form on another site could send plain text without being asked.
  app.removeContentTypeParser('text/plain');
  await registerGuards(app, options);
  await registerOpenApi(app, options.version);
  const handlers = createHandlers(core, () => JSON.stringify(app.swagger()));
  registerOperations(app, options.wrapHandlers?.(handlers) ?? handlers, {
    gate: core.gate,
    secureCookie: options.tls !== undefined,
  });
  await registerPage(app, options.webDir);
  tieLife(app, core);
  return app;
}

function createServer({ tls }: ServiceOptions): FastifyInstance {
  const limits = {
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
  } as const;
  if (tls === undefined) return Fastify(limits);
  const https = { cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' } as const;
  return Fastify({ ...limits, https });
}

async function registerGuards(app: FastifyInstance, options: ServiceOptions): Promise<void> {
  const site = { host: options.host ?? DEFAULT_HOST, allowedHosts: options.allowedHosts ?? [] };
  await app.register(helmet, securityHeaders(options.tls !== undefined));
  app.addHook('onRequest', async (request, reply) => {
    const isApi = pathOf(request.url).startsWith(`${API_PREFIX}/`);
    if (isApi) reply.header('cache-control', 'no-store');
    checkSite(request.headers, site, isApi);
  });
  await app.register(cookie);
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_, { ttl }) =>
      new EspmintError('SIGN_IN_THROTTLED', { waitSeconds: Math.ceil(ttl / 1000) }),
  });
}

async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  const transformObject = createJsonSchemaTransformObject({});
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'espmint',
        version,
        description: 'Gives every ESP32 its identity. Live events of GET /events are LiveEvent objects.',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'espmint_session' },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
    transform: createJsonSchemaTransform({}),
    transformObject,
  });
}

/** The app's life is the core's: it begins when the app is ready, and closing waits for running boards. */
function tieLife(app: FastifyInstance, core: ServiceCore): void {
  app.addHook('onReady', () => core.start());
  app.addHook('preClose', async () => {
    await core.stop();
    core.hub.endAll();
  });
}

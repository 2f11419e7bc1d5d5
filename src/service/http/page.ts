// Serves the built dashboard; every path that is no file of it is a place inside the page.
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EspmintError } from '../../core/errors/index.js';
import { API_PREFIX } from '../contract/index.js';
import { pathOf } from './errors.js';

/** Vite names these files by their content: the same name is the same file for ever. */
const NAMED_BY_CONTENT = /[\\/]assets[\\/]/;
const NOT_BUILT = 'The dashboard is not built. Run "npm run build"; the API is at /api/v1.\n';

export async function registerPage(app: FastifyInstance, webDir: string | undefined): Promise<void> {
  const index = webDir === undefined ? undefined : join(webDir, 'index.html');
  const isBuilt = index !== undefined && existsSync(index);
  if (isBuilt && webDir !== undefined) {
    await app.register(fastifyStatic, {
      root: webDir,
      wildcard: false,
      index: ['index.html'],
      cacheControl: false,
      // No file here is worth a part of it.
      acceptRanges: false,
      // The build lays a .gz beside each.
      preCompressed: true,
      setHeaders: (response, path) => {
        const fixed = NAMED_BY_CONTENT.test(path);
        response.setHeader('vary', 'accept-encoding');
        response.setHeader('cache-control', fixed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    if (!isPlaceInPage(request)) {
      throw new EspmintError('ROUTE_UNKNOWN', { method: request.method, path: pathOf(request.url) });
    }
    return isBuilt ? reply.sendFile('index.html') : notBuilt(reply);
  });
}

/** Somebody opens or reloads the page at one of its own addresses. */
function isPlaceInPage({ method, url, headers }: FastifyRequest): boolean {
  const path = pathOf(url);
  const wantsPage = headers.accept === undefined || /text\/html|\*\/\*/.test(headers.accept);
  return method === 'GET' && !path.startsWith(API_PREFIX) && !/\.[a-z0-9]+$/i.test(path) && wantsPage;
}

function notBuilt(reply: FastifyReply): FastifyReply {
  return reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT);
}

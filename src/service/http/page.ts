// Serves the built dashboard, and answers what there is not: the page has its own places behind the `#`, none in paths.
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { EspmintError } from '../../core/errors/index.js';
import { API_PREFIX, operationList } from '../contract/index.js';
import { pathOf } from './request-facts.js';

/** Vite names these files by their content: the same name is the same file for ever. */
const NAMED_BY_CONTENT = /[\\/]assets[\\/]/;
/** `gzip;q=0` refuses it (RFC 9110, 12.5.3). */
const TAKES_GZIP = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;
const NOT_BUILT = 'The dashboard is not built. Run "npm run build"; the API is at /api/v1.\n';
const NOTHING_HERE =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>espmint</title>' +
  '<p>There is nothing here. <a href="/">Open the dashboard</a></p></html>\n';

export async function registerPage(app: FastifyInstance, webDir: string | undefined): Promise<void> {
  if (webDir !== undefined && existsSync(join(webDir, 'index.html'))) {
    await app.register(async (files) => {
      files.addHook('onSend', compress);
      await files.register(fastifyStatic, {
        root: webDir,
        wildcard: false,
        index: ['index.html'],
        cacheControl: false,
        // No file here is worth a part of it.
        acceptRanges: false,
        setHeaders: (response, path) => {
          const fixed = NAMED_BY_CONTENT.test(path);
          response.setHeader('vary', 'accept-encoding');
          response.setHeader('cache-control', fixed ? 'public, max-age=31536000, immutable' : 'no-cache');
        },
      });
    });
  } else {
    app.get('/', (_, reply) => reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT));
  }
  app.setNotFoundHandler((request, reply) => answerNothing(app, request, reply));
}

/** A browser keeps what it got: a file is compressed about once for each of them. */
const compress: onSendHookHandler = (request, reply, payload, done) => {
  const takesIt = TAKES_GZIP.test(request.headers['accept-encoding'] ?? '');
  if (request.method !== 'GET' || !takesIt || !(payload instanceof Readable)) {
    done(null, payload);
    return;
  }
  reply.header('content-encoding', 'gzip').removeHeader('content-length');
  // It destroys the file where the browser goes away, and the answer where the file cannot be read.
  done(
    null,
    pipeline(payload, createGzip(), () => undefined),
  );
};

/** @throws METHOD_NOT_ALLOWED, ROUTE_UNKNOWN */
function answerNothing(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { method, url, headers } = request;
  const path = pathOf(url);
  const allowed = [...new Set([...methodsAt(path), ...(isFile(app, path) ? ['GET', 'HEAD'] : [])])];
  if (allowed.length > 0) throw new EspmintError('METHOD_NOT_ALLOWED', { method, path, allowed });
  // Somebody opens it in a browser; everything else is said in JSON.
  const wantsPage = /text\/html/.test(headers.accept ?? '') && !path.startsWith(`${API_PREFIX}/`);
  if (wantsPage) return reply.code(404).type('text/html; charset=utf-8').send(NOTHING_HERE);
  throw new EspmintError('ROUTE_UNKNOWN', { method, path });
}

function isFile(app: FastifyInstance, path: string): boolean {
  return app.hasRoute({ method: 'GET', url: path });
}

const OPERATION_PATHS = operationList.map(({ method, path }) => ({
  methods: method === 'GET' ? ['GET', 'HEAD'] : [method],
  pattern: new RegExp(`^${API_PREFIX}${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`),
}));

/** What the operations of the contract take at this path; none where there is no such path. */
function methodsAt(path: string): string[] {
  return OPERATION_PATHS.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
}

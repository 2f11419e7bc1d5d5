// What a request says of itself and may be passed on, and every request in the log: what was asked by whom, and how it ended.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isIP } from 'node:net';
import type { LogFields, ServiceLog } from '../log.js';

/** The path without the query, which may hold what nobody should read in a log. */
export function pathOf(url: string): string {
  return url.split('?')[0] ?? url;
}

/** What a proxy says of it may be anything; limits, log and audit trail know addresses. */
export function addressOf({ ip, raw }: FastifyRequest): string {
  return isIP(ip) === 0 ? (raw.socket.remoteAddress ?? '') : ip;
}

export function logRequests(app: FastifyInstance, log: ServiceLog): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime } = reply;
    log.info({ ...factsOf(request), status, durationMs: Math.round(elapsedTime) }, 'request answered');
    done();
  });
  app.addHook('onRequestAbort', (request, done) => {
    log.info(factsOf(request), 'request given up by its client');
    done();
  });
}

function factsOf(request: FastifyRequest): LogFields {
  const { id, method, url, identity } = request;
  return { request: id, method, path: pathOf(url), who: identity?.name, address: addressOf(request) };
}

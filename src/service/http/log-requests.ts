// Every request in the log: what was asked by whom, and how it ended. Paths without their query, and no header, no body.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { LogFields, ServiceLog } from '../log.js';
import { addressOf, pathOf } from './request-facts.js';

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

// Health and version: what a supervisor and the page ask before anything else.
import { z } from 'zod';
import { operations } from './operation.js';

const versionSchema = z
  .object({
    version: z.string(),
    node: z.string(),
    /** `linux x64` style. */
    platform: z.string(),
    /** Changes with every start of the service: a page that sees another one loads everything anew. */
    instance: z.string(),
  })
  .meta({ id: 'Version' });

export const SYSTEM_OPERATIONS = operations({
  live: {
    method: 'GET',
    path: '/health/live',
    role: 'anyone',
    summary: 'The process answers.',
    response: z.object({ status: z.literal('ok') }),
  },
  ready: {
    method: 'GET',
    path: '/health/ready',
    role: 'anyone',
    summary: 'The registry can be reached too; 503 when it cannot, or when the service is stopping.',
    response: z.object({ status: z.literal('ok') }),
  },
  version: {
    method: 'GET',
    path: '/version',
    role: 'anyone',
    summary: 'Version of the service and of its platform.',
    response: versionSchema,
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    role: 'anyone',
    summary: 'This interface as an OpenAPI 3.1 document.',
    response: { contentType: 'application/json', description: 'OpenAPI 3.1 document' },
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    alsoAt: '/metrics',
    role: 'viewer',
    summary:
      'Boards, yield, stage times, slots, outbox and registry for Prometheus; also at /metrics, outside /api/v1.',
    response: { contentType: 'text/plain', description: 'Prometheus text format 0.0.4' },
  },
  events: {
    method: 'GET',
    path: '/events',
    role: 'viewer',
    summary:
      'Live events as server-sent events. Send the last id seen as Last-Event-ID and what was missed comes first.',
    response: { contentType: 'text/event-stream', description: 'One LiveEvent in each data field' },
  },
});

// Pushes to tables and services of the user's own: how they do, and what was given up.
import { z } from 'zod';
import { operations, timeSchema } from './operation.js';

const kindSchema = z.enum(['sql', 'webhook']);
const eventSchema = z.enum(['provisioned', 'rotated', 'removed', 'restored']);

export const pushCountsSchema = z
  .object({
    /** Still to be told. */
    pending: z.int(),
    /** Given up, until somebody retries or discards them. */
    dead: z.int(),
  })
  .meta({ id: 'PushCounts' });

const targetSchema = z
  .object({
    name: z.string(),
    kind: kindSchema,
    /** Without password and query. */
    address: z.string(),
    statement: z.string().optional(),
    events: z.array(eventSchema),
    sendsKeys: z.boolean(),
    paused: z.boolean(),
    createdAt: timeSchema,
    createdBy: z.string(),
  })
  .meta({ id: 'PushTarget' });

export type PushTargetInfo = z.output<typeof targetSchema>;

const statusSchema = pushCountsSchema
  .extend({
    name: z.string(),
    kind: kindSchema,
    paused: z.boolean(),
    oldestPending: timeSchema.optional(),
    lastDelivered: timeSchema.optional(),
    lastError: z.string().optional(),
    /** The target is out of order and is tried again then. */
    retryAt: timeSchema.optional(),
  })
  .meta({ id: 'PushTargetStatus' });

export type PushTargetStatus = z.output<typeof statusSchema>;

const deadSchema = z
  .object({
    id: z.string(),
    target: z.string(),
    event: eventSchema,
    mac: z.string(),
    uuid: z.string(),
    tries: z.int(),
    occurredAt: timeSchema,
    endedAt: timeSchema,
    code: z.string(),
    message: z.string(),
  })
  .meta({ id: 'DeadPush' });

export type DeadPush = z.output<typeof deadSchema>;

/** Which dead deliveries; without ids all of them. Who did it, from where and why goes into the audit trail. */
const chosenSchema = z.object({
  ids: z.array(z.string().max(20)).min(1).max(1000).optional(),
  reason: z.string().trim().max(500).optional(),
});
const countSchema = z.object({ count: z.int() });

export const PUSH_OPERATIONS = operations({
  listPushTargets: {
    method: 'GET',
    path: '/push/targets',
    role: 'engineer',
    summary: 'The targets, without their secrets. They are added at the command line.',
    response: z.object({ targets: z.array(targetSchema) }),
  },
  pushStatus: {
    method: 'GET',
    path: '/push/status',
    role: 'viewer',
    summary: 'What waits for each target, what was given up, and why.',
    response: z.object({ targets: z.array(statusSchema) }),
  },
  listDeadPushes: {
    method: 'GET',
    path: '/push/dead',
    role: 'viewer',
    summary: 'Deliveries that were given up, newest first.',
    query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
    response: z.object({ dead: z.array(deadSchema) }),
  },
  retryDeadPushes: {
    method: 'POST',
    path: '/push/dead/retry',
    role: 'engineer',
    summary: 'Makes these dead deliveries pending again, or all of them.',
    body: chosenSchema,
    response: countSchema,
  },
  discardDeadPushes: {
    method: 'POST',
    path: '/push/dead/discard',
    role: 'admin',
    summary: 'Forgets these dead deliveries, or all of them.',
    body: chosenSchema,
    response: countSchema,
  },
});

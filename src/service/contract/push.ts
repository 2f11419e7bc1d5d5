// Pushes to tables and services of the user's own: how they do, and what was given up.
import { z } from 'zod';
import { PUSH_EVENTS, PUSH_KINDS } from '../../core/push.js';
import { doneSchema, operations, timeSchema } from './operation.js';

const kindSchema = z.enum(PUSH_KINDS);
const eventSchema = z.enum(PUSH_EVENTS);
const failure = { code: z.string(), message: z.string() };

export const pushCountsSchema = z
  .object({
    /** Still to be delivered. */
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
    /** The list of values whose columns are sent, but for secret ones. */
    values: z.string().optional(),
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
    lastError: z.object(failure).optional(),
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
    ...failure,
  })
  .meta({ id: 'DeadPush' });

export type DeadPush = z.output<typeof deadSchema>;

/** Of a target, as its list shows it. */
const nameParams = z.object({ name: z.string().min(1).max(64) });

/** Everything that a target gets, where, and how: what is secret in it goes in here and never comes out again. */
const newTargetSchema = z
  .object({
    /** 1 to 64 letters, digits, dots, dashes and underscores. */
    name: z.string().regex(/^[\w.-]{1,64}$/, 'use 1 to 64 letters, digits, dots, dashes and underscores'),
    kind: kindSchema,
    /** `postgresql://…`, `https://…`, or `env:ESPMINT_PUSH_…`: a variable of each station that delivers. */
    url: z.string().trim().min(1).max(2000),
    /** With `sql`: one statement with parameters such as `:uuid`. */
    statement: z.string().max(20_000).optional(),
    /** With `webhook`: `whsec_` and base64, or a variable as above; made when absent. */
    signingSecret: z.string().trim().min(1).max(200).optional(),
    /** All of them when absent. */
    events: z.array(eventSchema).min(1).max(10).optional(),
    /** Whether keys are sent too. */
    sendKeys: z.boolean().optional(),
    /** A list of values: what the device has in it is sent too, never what is secret. */
    values: z.string().min(1).max(64).optional(),
  })
  .meta({ id: 'NewPushTarget' });

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
    summary: 'The targets, without their secrets.',
    response: z.object({ targets: z.array(targetSchema) }),
  },
  addPushTarget: {
    method: 'POST',
    path: '/push/targets',
    role: 'admin',
    summary:
      'Tells a table or a webhook of each device from now on. The answer has the signing secret where it was made here, only this once.',
    body: newTargetSchema,
    response: targetSchema.extend({ madeSecret: z.string().optional() }).meta({ id: 'AddedPushTarget' }),
  },
  testPushTarget: {
    method: 'POST',
    path: '/push/targets/:name/test',
    role: 'admin',
    summary:
      'Tells it of a device that does not exist, and says what is wrong: a webhook gets the type `test`, a table stays as it is.',
    params: nameParams,
    response: doneSchema,
  },
  pausePushTarget: {
    method: 'POST',
    path: '/push/targets/:name/pause',
    role: 'admin',
    summary: 'Holds back its deliveries; they come together later.',
    params: nameParams,
    response: doneSchema,
  },
  resumePushTarget: {
    method: 'POST',
    path: '/push/targets/:name/resume',
    role: 'admin',
    summary: 'Goes on telling it, and tries at once what has failed.',
    params: nameParams,
    response: doneSchema,
  },
  removePushTarget: {
    method: 'DELETE',
    path: '/push/targets/:name',
    role: 'admin',
    summary: 'Tells it nothing any more. Answers how many deliveries, pending or given up, went with it.',
    params: nameParams,
    response: countSchema,
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

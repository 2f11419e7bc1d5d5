// Batches: work orders in the database that all stations share.
import { z } from 'zod';
import { BATCH_STATES } from '../../core/states.js';
import { profileNameSchema } from './jobs.js';
import { operations, timeSchema, flashImageSchema } from './operation.js';

const count = z.int().min(0);
const text = (max: number): z.ZodString => z.string().max(max);

export const batchSchema = z
  .object({
    name: z.string(),
    profile: profileNameSchema,
    /** Boards that it asks for. */
    quantity: z.int(),
    lot: z.string().optional(),
    hardwareRevision: z.string().optional(),
    firmwareVersion: z.string().optional(),
    location: z.string().optional(),
    serialTemplate: z.string().optional(),
    state: z.enum(BATCH_STATES),
    /** Why a person paused or closed it. */
    reason: z.string(),
    /** Why a station paused it by its rule: the same failure came so often in a row. */
    stopped: z.object({ code: z.string(), count: z.int(), station: z.string() }).optional(),
    createdAt: timeSchema,
    createdBy: z.string(),
    closedAt: timeSchema.optional(),
    closedBy: z.string().optional(),
    counts: z.object({
      /** Boards that are good, each once. */
      passed: count,
      /** Boards among them that failed a run before. */
      reworked: count,
      /** Boards whose last run failed. */
      failed: count,
      /** Places that stations hold now for boards that are not done yet. */
      inWork: count,
      /** Units that stations have reserved, for boards that they make while the database is out of reach. */
      held: count.optional(),
      /** Places that nobody holds. */
      open: count,
      /** Rows of the list of identifiers that no board has; absent without a list. */
      identifiersLeft: count.optional(),
    }),
  })
  .meta({
    id: 'Batch',
    description: 'A work order: so many boards of one profile, counted over all stations.',
  });
export type BatchInfo = z.output<typeof batchSchema>;

const unitSchema = z
  .object({
    mac: z.string(),
    uuid: z.string().optional(),
    serial: z.string().optional(),
    chip: z.string().optional(),
    state: z.enum(['passed', 'failed', 'in work', 'abandoned']),
    failedRuns: z.int(),
    station: z.string(),
    image: flashImageSchema.optional(),
    passedAt: timeSchema.optional(),
  })
  .meta({ id: 'Unit', description: 'One board of a batch.' });
export type UnitInfo = z.output<typeof unitSchema>;

const reservedUnitsSchema = z
  .object({
    station: z.string(),
    units: z.int(),
    /** When it took the oldest of them. */
    since: timeSchema,
    /** Whether the station was heard of within the last minute. */
    inReach: z.boolean(),
  })
  .meta({
    id: 'StationReserve',
    description: 'Units of a batch that one station has reserved, for boards that it makes out of reach.',
  });
export type ReservedUnitsInfo = z.output<typeof reservedUnitsSchema>;

const createSchema = z.object({
  name: text(64).min(1),
  /** No version: the newest. */
  profile: z.object({ name: text(64), version: z.int().positive().optional() }),
  quantity: z.int().min(1).max(10_000_000),
  lot: text(64).optional(),
  hardwareRevision: text(10).optional(),
  firmwareVersion: text(20).optional(),
  location: text(100).optional(),
  /** `ZC-{0000}` */
  serialTemplate: text(64).optional(),
});

const params = z.object({ name: z.string().max(64) });

export const BATCH_OPERATIONS = operations({
  listBatches: {
    method: 'GET',
    path: '/batches',
    role: 'viewer',
    summary: 'All batches, newest first, with their counts over all stations.',
    response: z.object({ batches: z.array(batchSchema) }),
  },
  createBatch: {
    method: 'POST',
    path: '/batches',
    role: 'engineer',
    summary: 'Makes a batch, open at once.',
    body: createSchema,
    response: batchSchema,
  },
  getBatch: {
    method: 'GET',
    path: '/batches/:name',
    role: 'viewer',
    summary: 'One batch.',
    params,
    response: batchSchema,
  },
  listUnits: {
    method: 'GET',
    path: '/batches/:name/units',
    role: 'viewer',
    summary: 'The boards of a batch, in the order of their first claim.',
    params,
    response: z.object({ units: z.array(unitSchema) }),
  },
  listReservedUnits: {
    method: 'GET',
    path: '/batches/:name/reserved-units',
    role: 'viewer',
    summary: 'Which stations have reserved units of a batch.',
    params,
    response: z.object({ held: z.array(reservedUnitsSchema) }),
  },
  releaseUnits: {
    method: 'POST',
    path: '/batches/:name/release',
    role: 'admin',
    summary:
      'Gives the units that a station has reserved to other boards, when it is not coming back. Who and why is recorded. Boards that it has made out of reach are counted later only while there is room.',
    params,
    body: z.object({ station: text(255).min(1), reason: text(500).trim().min(3) }),
    response: z.object({
      /** Places that are free now. */
      count,
    }),
  },
  setBatchState: {
    method: 'POST',
    path: '/batches/:name/state',
    role: 'operator',
    summary: 'Opens, pauses or closes a batch for all stations; a closed one stays closed.',
    params,
    body: z.object({ state: z.enum(BATCH_STATES), reason: text(200).default('') }),
    response: batchSchema,
  },
  setBatchQuantity: {
    method: 'POST',
    path: '/batches/:name/quantity',
    role: 'operator',
    summary: 'Asks for another number of boards; never for fewer than are there.',
    params,
    body: z.object({ quantity: z.int().min(1).max(10_000_000) }),
    response: batchSchema,
  },
  importIdentifiers: {
    method: 'POST',
    path: '/batches/:name/identifiers',
    role: 'engineer',
    summary:
      'Imports a list of identifiers (CSV with the columns serial, uuid, psk) that boards get in order; all rows or none.',
    params,
    body: z.object({ csv: z.string().max(500_000), file: text(200).default('list') }),
    response: z.object({ count }),
  },
  batchReport: {
    method: 'GET',
    path: '/batches/:name/report',
    role: 'viewer',
    summary: 'Who made what, when, with which yield, and every device with the digest of what it holds.',
    params,
    query: z.object({ format: z.enum(['json', 'pdf']).default('json') }),
    response: { contentType: 'application/json', description: 'The report; with format=pdf a PDF to sign' },
  },
  signBatch: {
    method: 'POST',
    path: '/batches/:name/sign-off',
    role: 'engineer',
    summary: 'Closes the batch and signs its report off in the name of who is signed in.',
    params,
    body: z.object({ note: text(200).default('') }),
    response: z.object({
      /** Of the content that was signed. */
      digest: z.string(),
      by: z.string(),
    }),
  },
});

// Boards that contradict the registry: what they are, and deciding about them.
import { z } from 'zod';
import { CONFLICT_CODES, CONFLICT_DECISIONS, CONFLICT_STATES } from '../../core/conflict.js';
import { operations, reasonSchema, timeSchema } from './operation.js';

/** Who one of the two is, and its history in short. */
const sideSchema = z
  .object({
    mac: z.string(),
    uuid: z.string(),
    /** The chip's own 128-bit id; absent where it has none. */
    hardwareId: z.string().optional(),
    /** Absent for a board that the registry does not hold. */
    status: z.string().optional(),
    location: z.string().optional(),
    provisionedAt: timeSchema.optional(),
    lastAttempt: z
      .object({
        startedAt: timeSchema,
        outcome: z.string(),
        stage: z.string().optional(),
        code: z.string().optional(),
      })
      .optional(),
  })
  .meta({ id: 'ConflictSide' });

export const conflictSchema = z
  .object({
    /** Absent while only the station's journal knows of it: it waits for the registry to come back. */
    id: z.int().optional(),
    /** Also the code of the failure. */
    code: z.enum(CONFLICT_CODES),
    state: z.enum(CONFLICT_STATES),
    refused: sideSchema,
    registered: sideSchema,
    /** How often the board was refused for this. */
    times: z.int(),
    firstSeenAt: timeSchema,
    lastSeenAt: timeSchema,
    seenBy: z.string(),
    /** What else was known of the refused board and of where it was, by name. */
    facts: z.record(z.string(), z.string()),
    decided: z.object({ at: timeSchema, by: z.string(), reason: z.string() }).optional(),
  })
  .meta({ id: 'Conflict' });

export type ConflictInfo = z.output<typeof conflictSchema>;

const idParams = z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });

export const CONFLICT_OPERATIONS = operations({
  listConflicts: {
    method: 'GET',
    path: '/conflicts',
    role: 'viewer',
    summary: 'Boards that were refused because they contradict the registry, newest first.',
    query: z.object({
      /** Also those that somebody has decided about. */
      all: z.enum(['true', 'false']).default('false'),
    }),
    response: z.object({ conflicts: z.array(conflictSchema) }),
  },
  getConflict: {
    method: 'GET',
    path: '/conflicts/:id',
    role: 'viewer',
    summary: 'One of them, whatever was decided about it.',
    params: idParams,
    response: conflictSchema,
  },
  resolveConflict: {
    method: 'POST',
    path: '/conflicts/:id/resolve',
    role: 'engineer',
    summary:
      'Decides: `keep` the registered device, `replace` it by the refused board, or `set-aside` both. Who and why is recorded.',
    params: idParams,
    body: z.object({
      decision: z.enum(CONFLICT_DECISIONS),
      reason: reasonSchema,
    }),
    response: conflictSchema,
  },
});

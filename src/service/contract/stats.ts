// Figures of boards that were made: yield, pace, causes, times, for any period, batch, station or slot.
import { z } from 'zod';
import { STAGES } from '../../core/stages.js';
import { momentSchema, operations, timeSchema } from './operation.js';

export const figuresSchema = z
  .object({
    runs: z.int(),
    /** Boards, by MAC; a run that failed before its MAC was known counts as a board of its own. */
    boards: z.int(),
    /** Boards whose last run passed. */
    passed: z.int(),
    failed: z.int(),
    /** Boards that passed after a run that failed. */
    reworked: z.int(),
    /** Boards that had passed before and were left untouched. */
    alreadyDone: z.int(),
    /** Share of boards whose first run passed, 0 to 1; absent without boards. */
    firstPassYield: z.number().optional(),
    finalYield: z.number().optional(),
    /** Mean time from one board's pass to the next one's, breaks left out. */
    taktMs: z.number().optional(),
    /** Boards that pass in an hour of work, breaks left out. */
    boardsPerHour: z.number().optional(),
    /** Median time of a run that passed. */
    runMs: z.number().optional(),
    /** Runs that failed, most frequent cause first. */
    failures: z.array(
      z.object({
        code: z.string(),
        stage: z.string(),
        count: z.int(),
        /** Of all failed runs, 0 to 1. */
        share: z.number(),
        /** Of this and all more frequent ones. */
        cumulative: z.number(),
      }),
    ),
    /** Of runs that passed, in the order of the flow. */
    stages: z.array(
      z.object({ stage: z.enum(STAGES), count: z.int(), medianMs: z.number(), p95Ms: z.number() }),
    ),
  })
  .meta({ id: 'Figures' });
export type FiguresInfo = z.output<typeof figuresSchema>;

const hourSchema = z.object({ start: timeSchema, passed: z.int(), failed: z.int() });

const todaySchema = figuresSchema
  .extend({
    /** Everything counts runs that ended since then. */
    since: timeSchema,
    /** Boards that passed in the last 60 minutes. */
    lastHour: z.int(),
    hours: z.array(hourSchema),
    /** Devices of the registry that are reserved and not proven; absent while the registry is out of reach. */
    pending: z.int().optional(),
    /** Attempts that this station still has to tell the registry. */
    pendingSync: z.int().optional(),
  })
  .meta({ id: 'Today' });
export type Today = z.output<typeof todaySchema>;

const period = {
  batch: z.string().max(64).optional(),
  /** Absent: all stations. */
  station: z.string().max(64).optional(),
  /** Runs that ended at or after. */
  since: momentSchema.optional(),
  /** Runs that ended before; a day alone is taken in as a whole. */
  until: momentSchema.optional(),
};
const query = z.object({ ...period, by: z.enum(['slot', 'station', 'batch']).optional() });

export const STATS_OPERATIONS = operations({
  stats: {
    method: 'GET',
    path: '/stats',
    role: 'viewer',
    summary:
      'Figures of all runs that fit: the first group is `all`, then one for each slot, station or batch.',
    query,
    response: z.object({
      groups: z.array(z.object({ group: z.string(), figures: figuresSchema })),
      hours: z.array(hourSchema),
    }),
  },
  exportStats: {
    method: 'GET',
    path: '/stats/export',
    role: 'viewer',
    summary: 'The same as CSV.',
    query,
    response: { contentType: 'text/csv', description: 'One line for each group' },
  },
  today: {
    method: 'GET',
    path: '/stats/today',
    role: 'viewer',
    summary: 'What this station has done since midnight, or since another moment.',
    query: z.object({ since: momentSchema.optional() }),
    response: todaySchema,
  },
});

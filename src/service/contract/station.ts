// The station: its settings, and what it has done today.
import { z } from 'zod';
import { STAGES } from '../../core/stages.js';
import { profileNameSchema } from './jobs.js';
import { operations, timeSchema } from './operation.js';

export const settingsSchema = z
  .object({
    stationName: z.string().min(1).max(64),
    /** Plugging a board in starts it. */
    autoStart: z.boolean(),
    /** What the start button uses; the last one started unless set by hand. `version` 0: always the newest. */
    profile: profileNameSchema.optional(),
    /** A work order to count against. */
    batch: z.object({ name: z.string().max(64), target: z.int().min(1).max(1_000_000) }).optional(),
  })
  .meta({ id: 'Settings' });
export type Settings = z.output<typeof settingsSchema>;

export const todaySchema = z
  .object({
    /** Everything below counts boards (by MAC; a failure before the MAC is known counts by itself) since then. */
    since: timeSchema,
    passed: z.int(),
    /** Boards whose last job failed. */
    failed: z.int(),
    /** Boards that passed in their first job, of all boards that ended one; absent while there is none. */
    firstPassYield: z.number().optional(),
    /** Boards that passed in the last 60 minutes. */
    lastHour: z.int(),
    hours: z.array(z.object({ start: timeSchema, passed: z.int(), failed: z.int() })),
    /** Jobs that failed, most frequent first. */
    failures: z.array(z.object({ code: z.string(), count: z.int(), example: z.string() })),
    /** Of jobs that passed. */
    stages: z.array(
      z.object({ stage: z.enum(STAGES), count: z.int(), medianMs: z.number(), p95Ms: z.number() }),
    ),
    /** Devices of the registry that are reserved and not proven; absent while the registry is out of reach. */
    pending: z.int().optional(),
    /** Attempts that this station still has to tell the registry. */
    pendingSync: z.int().optional(),
    /** Of the batch in the settings, since it was set. */
    batch: z
      .object({ name: z.string(), target: z.int(), passed: z.int(), failed: z.int(), reworked: z.int() })
      .optional(),
  })
  .meta({ id: 'Today' });
export type Today = z.output<typeof todaySchema>;

const stationSchema = z
  .object({
    name: z.string(),
    host: z.string(),
    version: z.string(),
    startedAt: timeSchema,
    ports: z.int(),
    running: z.int(),
    passedToday: z.int(),
    failedToday: z.int(),
  })
  .meta({ id: 'Station' });

export const STATION_OPERATIONS = operations({
  getSettings: {
    method: 'GET',
    path: '/settings',
    role: 'viewer',
    summary: 'Settings of this station.',
    response: settingsSchema,
  },
  putSettings: {
    method: 'PUT',
    path: '/settings',
    role: 'engineer',
    summary: 'Replaces the settings of this station.',
    body: settingsSchema,
    response: settingsSchema,
  },
  today: {
    method: 'GET',
    path: '/stats/today',
    role: 'viewer',
    summary: 'What this station has done since midnight, or since another moment.',
    query: z.object({ since: z.iso.datetime({ offset: true }).optional() }),
    response: todaySchema,
  },
  listStations: {
    method: 'GET',
    path: '/stations',
    role: 'viewer',
    summary: 'The stations that this service knows.',
    response: z.object({ stations: z.array(stationSchema) }),
  },
});

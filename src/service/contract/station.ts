// The station: its settings, how it stands, and what an operator does with it as a whole.
import { z } from 'zod';
import { batchSchema } from './batches.js';
import { profileNameSchema } from './jobs.js';
import { operations, timeSchema } from './operation.js';

const limit = (most: number): z.ZodInt => z.int().min(0).max(most);

export const settingsSchema = z
  .object({
    stationName: z.string().min(1).max(64),
    /** Plugging a board in starts it; those that were there before the service do not. */
    autoStart: z.boolean(),
    /** What the start button uses; the last one started unless set by hand. `version` 0: always the newest. */
    profile: profileNameSchema.optional(),
    /** The batch that boards count for; its profile wins. */
    batch: z.string().max(64).optional(),
    /** Boards that run at once. */
    maxRunning: z.int().min(1).max(64).default(64),
    /** Further runs of a board whose failure a new run can cure. */
    retries: limit(10).default(1),
    /** How often the same failure may come in a row on a slot, or on the whole station, before it stops; 0: never. */
    stopAfter: z.object({ onSlot: limit(100), onStation: limit(100) }).default({ onSlot: 3, onStation: 6 }),
    /** Printed when a board is good; with `scanBack` it passes only when the code of its label was scanned. */
    label: z.object({ printer: z.string().max(64), scanBack: z.boolean() }).optional(),
    /** Each board is checked before it leaves, as `espmint verify` does it; nothing is written, and no batch counts it. */
    check: z.boolean().optional(),
  })
  .meta({ id: 'Settings' });
export type Settings = z.output<typeof settingsSchema>;

export const stationStateSchema = z
  .object({
    mode: z.enum(['running', 'paused', 'draining', 'stopped']),
    /** Why it is paused: a person, the same failure in a row, or a batch that takes no more boards. */
    reason: z
      .object({
        by: z.enum(['operator', 'rule', 'batch']),
        text: z.string().optional(),
        code: z.string().optional(),
        count: z.int().optional(),
      })
      .optional(),
    running: z.int(),
    /** Whether there can be batches and figures over stations. */
    hasDatabase: z.boolean(),
    /** The batch of the settings, as it stood at the last sign of life. */
    batch: batchSchema.optional(),
    /** Why the batch is not known now. */
    batchProblem: z
      .object({
        code: z.string().optional(),
        message: z.string(),
        /** While the database is out of reach: what this station has done by itself since then. */
        away: z.object({ batch: z.string(), since: timeSchema, made: z.int(), left: z.int() }).optional(),
      })
      .optional(),
    /** Places taught so far; absent while nobody teaches. */
    teaching: z.array(z.object({ slot: z.int(), place: z.string() })).optional(),
  })
  .meta({ id: 'StationState' });
export type StationState = z.output<typeof stationStateSchema>;

const stationSchema = z
  .object({
    name: z.string(),
    host: z.string(),
    batch: z.string().optional(),
    mode: z.string(),
    slots: z.int(),
    running: z.int(),
    /** Last sign of life. */
    seenAt: timeSchema,
    alive: z.boolean(),
  })
  .meta({ id: 'Station' });
export type StationInfo = z.output<typeof stationSchema>;

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
  getStation: {
    method: 'GET',
    path: '/station',
    role: 'viewer',
    summary: 'How this station stands: running or paused and why, and its batch.',
    response: stationStateSchema,
  },
  chooseBatch: {
    method: 'POST',
    path: '/station/batch',
    role: 'operator',
    summary: 'Boards of this station count for this batch from now on; without a name: for none.',
    body: z.object({ batch: z.string().max(64).optional() }),
    response: stationStateSchema,
  },
  pauseStation: {
    method: 'POST',
    path: '/station/pause',
    role: 'operator',
    summary: 'Begins no more boards; those that run are finished.',
    body: z.object({ reason: z.string().max(200).default('') }),
    response: stationStateSchema,
  },
  resumeStation: {
    method: 'POST',
    path: '/station/resume',
    role: 'operator',
    summary: 'Goes on; boards that wait are begun.',
    response: stationStateSchema,
  },
  haltStation: {
    method: 'POST',
    path: '/station/stop',
    role: 'operator',
    summary: 'Begins no more boards, and stops those that run at their next safe point.',
    response: stationStateSchema,
  },
  beginTeaching: {
    method: 'POST',
    path: '/station/teaching',
    role: 'engineer',
    summary:
      'Begins to number the places of the fixture: plug boards in one after the other, from slot 1 on. No board starts.',
    response: stationStateSchema,
  },
  endTeaching: {
    method: 'POST',
    path: '/station/teaching/end',
    role: 'engineer',
    summary: 'Ends it: keeps the numbers for good, here and for the command line, or drops them.',
    body: z.object({ keep: z.boolean() }),
    response: stationStateSchema,
  },
  scanLabel: {
    method: 'POST',
    path: '/station/scan',
    role: 'operator',
    summary:
      'A code was scanned: the unit that waits for it passes; else it names the row of a list of values for the next board, where its product says so.',
    body: z.object({ code: z.string().min(1).max(300) }),
    response: z.object({
      /** A unit waited for it. */
      matched: z.boolean(),
      /** It is kept for the next board. */
      forNext: z.boolean(),
    }),
  },
  listStations: {
    method: 'GET',
    path: '/stations',
    role: 'viewer',
    summary: 'The stations of the database, and when each was last heard of.',
    response: z.object({ stations: z.array(stationSchema) }),
  },
});

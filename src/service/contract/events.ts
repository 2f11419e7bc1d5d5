// Live events: what the page hears while it is open.
import { z } from 'zod';
import { STAGES } from '../../core/stages.js';
import { jobSchema, profileNameSchema } from './jobs.js';
import { portSchema } from './ports.js';
import { settingsSchema, stationStateSchema } from './station.js';

/** Parts of the interface whose lists pages keep up to date: the first part of the path of each change. */
export const CHANGING_PARTS = [
  'batches',
  'conflicts',
  'devices',
  'firmware',
  'lists',
  'push',
  'printers',
  'secrets',
  'users',
  'values',
  'sessions',
  'tokens',
] as const;
export type ChangingPart = (typeof CHANGING_PARTS)[number];

/** Fields may be added; a reader ignores types that it does not know. */
export const liveEventSchema = z
  .discriminatedUnion('type', [
    /** First on every connection. */
    z.object({ type: z.literal('hello'), version: z.string(), instance: z.string() }),
    /** The events since Last-Event-ID are gone (too old, or of an earlier process): load everything anew. */
    z.object({ type: z.literal('reset') }),
    /** A port came, went, or shows something else; the whole port with the state of its slot and its job. */
    z.object({ type: z.literal('port'), port: portSchema }),
    /** The slot is gone. */
    z.object({ type: z.literal('portRemoved'), port: z.string(), slot: z.int() }),
    /** A job began, entered a stage, left one, learnt something or ended; the whole job. */
    z.object({ type: z.literal('job'), job: jobSchema }),
    /** At most ten a second for each job. */
    z.object({
      type: z.literal('progress'),
      jobId: z.string(),
      port: z.string(),
      stage: z.enum(STAGES),
      percent: z.number(),
    }),
    /** A device was reserved or proven: lists of devices are out of date. */
    z.object({ type: z.literal('device'), mac: z.string(), uuid: z.string() }),
    z.object({ type: z.literal('profile'), profile: profileNameSchema }),
    z.object({ type: z.literal('settings'), settings: settingsSchema }),
    /** The station was paused or goes on, its batch has other counts, a place was taught. */
    z.object({ type: z.literal('station'), station: stationStateSchema }),
    /** The registry can be reached, or no longer; or another number of things in it waits for a person. */
    z.object({
      type: z.literal('registry'),
      ok: z.boolean(),
      /** Boards that contradict it; of the last time that it answered. */
      conflicts: z.int(),
      /** Deliveries that were given up. */
      deadPushes: z.int(),
      /** Why it cannot be used; absent while it can. */
      failure: z
        .object({
          code: z.string(),
          params: z.record(z.string(), z.union([z.string(), z.number()])),
        })
        .optional(),
      /** How much of what this computer keeps for it is not as it should be, where anything is; `GET /registry` says what. */
      spoolFaults: z.int().optional(),
    }),
    /** Somebody has changed something there through this service: what was loaded of it is out of date. */
    z.object({ type: z.literal('changed'), part: z.enum(CHANGING_PARTS) }),
    /** The service stops as soon as running boards are at a safe point. */
    z.object({ type: z.literal('stopping') }),
  ])
  .meta({ id: 'LiveEvent' });
export type LiveEvent = z.output<typeof liveEventSchema>;

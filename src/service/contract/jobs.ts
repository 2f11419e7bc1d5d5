// A job: the provisioning of one board at one port, from the start to its result.
import { z } from 'zod';
import { OPERATOR_ACTIONS, STAGES } from '../../core/stages.js';
import { conflictSchema } from './conflicts.js';
import { appDescriptionSchema, wifiRecordSchema } from './board-record.js';
import { flashImageSchema, momentSchema, operations, timeSchema, warningSchema } from './operation.js';

const stageSchema = z.enum(STAGES);

export const chipFactsSchema = z
  .object({
    chip: z.string(),
    description: z.string(),
    revision: z.string(),
    mac: z.string(),
    flashSizeBytes: z.int(),
    /** Inside the package; absent where the chip does not tell. */
    psramBytes: z.int().optional(),
  })
  .meta({ id: 'ChipFacts' });

export const profileNameSchema = z
  .object({ name: z.string(), version: z.int() })
  .meta({ id: 'ProfileName', description: 'One version of a profile.' });
export type ProfileName = z.output<typeof profileNameSchema>;

const jobStageSchema = z.object({
  stage: stageSchema,
  state: z.enum(['running', 'done', 'failed']),
  durationMs: z.number().optional(),
});

export const jobSchema = z
  .object({
    id: z.string(),
    port: z.string(),
    slot: z.int(),
    profile: profileNameSchema,
    /** `interrupted`: the service ended before the board did; the next run of that board uses the same key. */
    state: z.enum(['running', 'passed', 'failed', 'cancelled', 'interrupted']),
    /** The job that this one repeats. */
    retryOf: z.string().optional(),
    /** The board is only checked before it leaves: nothing is written. */
    check: z.boolean().optional(),
    /** Whole tries. */
    attempt: z.int(),
    attempts: z.int(),
    /** Stages of the attempt in progress or the last one, in order; a stage that has not begun is not in it. */
    stages: z.array(jobStageSchema),
    /** Of the write, 0 to 100. */
    percent: z.number().optional(),
    /** Of the flash that is to be written, while it is. */
    doneBytes: z.int().optional(),
    totalBytes: z.int().optional(),
    chip: chipFactsSchema.optional(),
    /** Of the application that the board starts. */
    firmware: appDescriptionSchema.optional(),
    mac: z.string().optional(),
    uuid: z.string().optional(),
    /** What the registry knew of the board before. */
    known: z.enum(['new', 'pending', 'provisioned']).optional(),
    warnings: z.array(warningSchema),
    /** Present once passed. */
    image: flashImageSchema.optional(),
    /** The batch that it counts for. */
    batch: z.string().optional(),
    lot: z.string().optional(),
    /** What its stage waits for beside the board, until when: a hand of the operator, or the air. */
    action: z.object({ what: z.enum(OPERATOR_ACTIONS), until: timeSchema.optional() }).optional(),
    /** Its label is printed; the unit passes when the code of that label was scanned. */
    scanning: z.boolean().optional(),
    /** In a batch that numbers its units. */
    serial: z.string().optional(),
    /** The board held these very bytes from an earlier pass and was left untouched. */
    alreadyDone: z.boolean().optional(),
    /** How the board gets onto Wi-Fi, and what of it was proven. */
    wifi: wifiRecordSchema.optional(),
    /** Present once failed or cancelled. `next` is the sentence for the operator. */
    failure: z
      .object({
        code: z.string(),
        message: z.string(),
        next: z.string(),
        stage: stageSchema,
        retryable: z.boolean(),
        /** Where the board contradicts the registry: both histories. */
        conflict: conflictSchema.optional(),
        /** What the board printed before its boot check failed: its last lines, secrets masked. */
        log: z.array(z.string()).optional(),
      })
      .optional(),
    startedAt: timeSchema,
    endedAt: timeSchema.optional(),
    durationMs: z.number().optional(),
    /** Who started it; `automatic` where plugging in did. */
    startedBy: z.string(),
    /** Somebody has taken note of the failure: its tile may be cleared. */
    seen: z.boolean(),
  })
  .meta({ id: 'Job' });
export type Job = z.output<typeof jobSchema>;
export type JobStage = z.output<typeof jobStageSchema>;

const startJobsSchema = z.object({
  ports: z.array(z.string().min(1).max(512)).min(1).max(64),
  /** Absent: the profile that the station is set to (the last one used). No version: the newest. */
  profile: z.object({ name: z.string().max(64), version: z.int().positive().optional() }).optional(),
  /** Instead of what the profile says about devices that are already provisioned. */
  known: z.enum(['keep', 'rotate', 'refuse']).optional(),
});
export type StartJobs = z.input<typeof startJobsSchema>;

const jobParams = z.object({ id: z.string().max(64) });

export const JOB_OPERATIONS = operations({
  startJobs: {
    method: 'POST',
    path: '/jobs',
    role: 'operator',
    summary:
      'Starts a board on each of these ports; none starts when one of them is busy, empty, or the profile is not valid. Answers the jobs that have begun: a board that waits for a seat begins later.',
    body: startJobsSchema,
    response: z.object({
      jobs: z.array(jobSchema),
      /** What went wrong beside the boards, which have begun: the choice of profile could not be kept. */
      warnings: z.array(warningSchema).optional(),
    }),
  },
  listJobs: {
    method: 'GET',
    path: '/jobs',
    role: 'viewer',
    summary: 'Jobs of this service, newest first: all running ones and the last 1000 ended ones.',
    query: z.object({
      state: z.enum(['running', 'passed', 'failed', 'cancelled', 'interrupted']).optional(),
      port: z.string().optional(),
      code: z.string().optional(),
      /** Running, or ended at or after this time. */
      since: momentSchema.optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    response: z.object({ jobs: z.array(jobSchema) }),
  },
  getJob: {
    method: 'GET',
    path: '/jobs/:id',
    role: 'viewer',
    summary: 'One job.',
    params: jobParams,
    response: jobSchema,
  },
  cancelJob: {
    method: 'POST',
    path: '/jobs/:id/cancel',
    role: 'operator',
    summary: 'Asks a running job to stop; it ends at the next safe point, and the board stays retryable.',
    params: jobParams,
    response: jobSchema,
  },
  retryJob: {
    method: 'POST',
    path: '/jobs/:id/retry',
    role: 'operator',
    summary:
      'Starts the board again with the profile of an ended job. Answers the new job, or the old one while the board waits.',
    params: jobParams,
    response: jobSchema,
  },
  acknowledgeJob: {
    method: 'POST',
    path: '/jobs/:id/seen',
    role: 'operator',
    summary: 'Notes that a person has seen the result, so that the tile may be cleared.',
    params: jobParams,
    response: jobSchema,
  },
});

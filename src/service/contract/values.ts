// Lists of values: each row is given to one board, for good, or shared by the boards of a batch.
import { z } from 'zod';
import { doneSchema, operations, reasonSchema, timeSchema } from './operation.js';

/** A million rows of some columns. */
const LIST_BODY_BYTES = 96 * 1024 * 1024;
const MOST_ROWS = 1000;

const STATES = ['free', 'used', 'shared', 'scrapped', 'returned'] as const;
const listParams = z.object({ list: z.string().min(1).max(64) });

const valueListSchema = z
  .object({
    name: z.string(),
    columns: z.array(
      z.object({
        name: z.string(),
        type: z.string(),
        unique: z.boolean(),
        /** Its values are sealed, and no answer has them. */
        secret: z.boolean(),
        file: z.boolean(),
      }),
    ),
    counts: z.object({ free: z.int(), used: z.int(), shared: z.int(), scrapped: z.int(), returned: z.int() }),
    createdAt: timeSchema,
    createdBy: z.string(),
  })
  .meta({ id: 'ValueList' });
export type ValueListInfo = z.output<typeof valueListSchema>;

const valueRowSchema = z
  .object({
    /** Counts from 1, in the order of the import. */
    number: z.int(),
    state: z.enum(STATES),
    /** Of the board that has it, or had it. */
    mac: z.string().optional(),
    /** Boards that have a row of a batch. */
    boards: z.int().optional(),
    /** Names the board or the batch that it is for, where the list says so. */
    wanted: z.string().optional(),
    /** By column, without those that are secret. */
    values: z.record(z.string(), z.string()),
    claimedAt: timeSchema.optional(),
    /** Why it was returned or scrapped. */
    reason: z.string().optional(),
  })
  .meta({ id: 'ValueRow' });
export type ValueRowInfo = z.output<typeof valueRowSchema>;

export const VALUE_OPERATIONS = operations({
  listValues: {
    method: 'GET',
    path: '/values',
    role: 'viewer',
    summary:
      'All lists of values, with how many of their rows are free, used, shared, scrapped and returned.',
    response: z.object({ lists: z.array(valueListSchema) }),
  },
  listValueRows: {
    method: 'GET',
    path: '/values/:list/rows',
    role: 'viewer',
    summary: 'Rows of a list in their order, without what is secret in them.',
    params: listParams,
    query: z.object({
      state: z.enum(STATES).optional(),
      /** Begins behind the row of this number: `next` of the answer before. */
      after: z.coerce.number().int().nonnegative().optional(),
      limit: z.coerce.number().int().min(1).max(MOST_ROWS).default(100),
    }),
    response: z.object({
      rows: z.array(valueRowSchema),
      /** Present where there may be more. */
      next: z.int().optional(),
    }),
  },
  importValues: {
    method: 'POST',
    path: '/values',
    role: 'engineer',
    bodyLimitBytes: LIST_BODY_BYTES,
    summary:
      'Takes rows into the list that a profile declares, all of them or none; the first import makes the list.',
    body: z.object({
      /** `values` of it declares the list and its columns; without a version: its newest. */
      profile: z.object({ name: z.string().max(64), version: z.int().optional() }),
      /** The content of the file: CSV with a header line, or JSON Lines. */
      rows: z.string().min(1).max(LIST_BODY_BYTES),
      format: z.enum(['csv', 'jsonl']).default('csv'),
      /** How a message names the text. */
      file: z.string().max(200).default('rows'),
    }),
    response: z.object({ list: z.string(), rows: z.int() }),
  },
  endValueRow: {
    method: 'POST',
    path: '/values/:list/rows/:row',
    role: 'engineer',
    summary:
      'Takes a row back from its board, so that another one gets it (returned), or out of use for good (scrapped).',
    params: listParams.extend({ row: z.coerce.number().int().min(1) }),
    body: z.object({ state: z.enum(['returned', 'scrapped']), reason: reasonSchema }),
    response: doneSchema,
  },
});

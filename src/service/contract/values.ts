// Lists of values: each row is given to one board, for good, or shared by the boards of a batch.
import { z } from 'zod';
import { ROW_STATES } from '../../core/values/rows.js';
import { doneSchema, operations, reasonSchema, timeSchema } from './operation.js';

const MOST_ROWS = 1000;
/** With a header line. */
const CSV = 'text/csv';
export const JSON_LINES = 'application/x-ndjson';

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
    counts: z.object({
      free: z.int(),
      reserved: z.int(),
      used: z.int(),
      shared: z.int(),
      returned: z.int(),
      scrapped: z.int(),
    }),
    createdAt: timeSchema,
    createdBy: z.string(),
  })
  .meta({ id: 'ValueList' });
export type ValueListInfo = z.output<typeof valueListSchema>;

const valueRowSchema = z
  .object({
    /** Counts from 1, in the order of the import. */
    number: z.int(),
    state: z.enum(ROW_STATES),
    /** Of the board that has it, or had it. */
    mac: z.string().optional(),
    /** The station that holds it for a board that it makes while the database is out of reach. */
    reservedBy: z.string().optional(),
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
    summary: 'All lists of values, with how many of their rows are in each state.',
    response: z.object({ lists: z.array(valueListSchema) }),
  },
  listValueRows: {
    method: 'GET',
    path: '/values/:list/rows',
    role: 'viewer',
    summary: 'Rows of a list in their order, without what is secret in them.',
    params: listParams,
    query: z.object({
      state: z.enum(ROW_STATES).optional(),
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
    summary:
      'Takes rows into the list that a profile declares, all of them or none; the first import makes the list. The file is read while it comes in; a caller that goes away leaves nothing behind.',
    query: z.object({
      /** `values` of it declares the list and its columns. */
      profile: z.string().min(1).max(64),
      /** Of the profile; default: its newest. */
      version: z.coerce.number().int().optional(),
      /** How a message names the file. */
      file: z.string().max(200).default('rows'),
    }),
    upload: [CSV, JSON_LINES],
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

// The allow and deny lists: which boards may be provisioned, and which never.
import { z } from 'zod';
import { LIST_NAMES } from '../../core/states.js';
import { doneSchema, operations, reasonSchema, timeSchema } from './operation.js';

const listNameSchema = z.enum(LIST_NAMES);
const listParams = z.object({ list: listNameSchema });

const listEntrySchema = z
  .object({
    list: listNameSchema,
    /** A MAC, a UUID, or a range of MACs, `FIRST..LAST`. */
    entry: z.string(),
    /** Shown to whoever meets a denied board. */
    reason: z.string(),
    createdAt: timeSchema,
    createdBy: z.string(),
  })
  .meta({ id: 'ListEntry' });
export type ListEntryInfo = z.output<typeof listEntrySchema>;

export const LIST_OPERATIONS = operations({
  showLists: {
    method: 'GET',
    path: '/lists',
    role: 'viewer',
    summary: 'Both lists: deny wins; where anything is allowed, nothing else is.',
    response: z.object({ entries: z.array(listEntrySchema) }),
  },
  addToList: {
    method: 'POST',
    path: '/lists/:list',
    role: 'engineer',
    summary:
      'Puts entries on a list, all or none: MACs, UUIDs and ranges, one a line, as text or the content of a CSV file. All stations of the registry follow it at once.',
    params: listParams,
    body: z.object({
      entries: z.string().min(1).max(500_000),
      reason: reasonSchema,
      /** How a message names the text. */
      file: z.string().max(200).default('entries'),
    }),
    response: z.object({
      /** Those that were there already stay as they are. */
      added: z.int(),
      known: z.int(),
    }),
  },
  removeFromList: {
    method: 'POST',
    path: '/lists/:list/remove',
    role: 'engineer',
    summary: 'Takes one entry off a list.',
    params: listParams,
    body: z.object({ entry: z.string().max(100), reason: reasonSchema }),
    response: doneSchema,
  },
});

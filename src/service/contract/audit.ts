// The audit trail: who did what, from where and why.
import { z } from 'zod';
import { AUDIT_KINDS } from '../../core/audit-kinds.js';
import { momentSchema, operations, timeSchema } from './operation.js';

const filterSchema = z.object({
  /** MAC, UUID or serial number. */
  device: z.string().max(64).optional(),
  kind: z.enum(AUDIT_KINDS).optional(),
  /** The whole name, as it is recorded. */
  actor: z.string().max(255).optional(),
  since: momentSchema.optional(),
  /** A day alone is taken in as a whole. */
  until: momentSchema.optional(),
});

const auditEntrySchema = z
  .object({
    id: z.int(),
    at: timeSchema,
    /** `key revealed`, for example; other programs may have written others. */
    kind: z.string(),
    actor: z.string(),
    /** The computer, or the address from which this service was asked: `192.0.2.7 by way of line-4`. */
    origin: z.string().optional(),
    mac: z.string().optional(),
    uuid: z.string().optional(),
    /** What else there is to say; with a `reason` where one was given. No secret in it. */
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.output<typeof auditEntrySchema>;

export const AUDIT_OPERATIONS = operations({
  listAudit: {
    method: 'GET',
    path: '/audit',
    role: 'engineer',
    summary: 'The audit trail in pages, newest first.',
    query: filterSchema.extend({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      /** `next` of the page before. */
      after: z.string().max(64).optional(),
    }),
    response: z.object({ entries: z.array(auditEntrySchema), next: z.string().optional() }),
  },
  exportAudit: {
    method: 'GET',
    path: '/audit/export',
    role: 'engineer',
    summary: 'All matching entries as CSV.',
    query: filterSchema,
    response: { contentType: 'text/csv', description: 'One entry a line, with a head line' },
  },
});

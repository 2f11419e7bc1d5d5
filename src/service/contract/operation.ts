// What one operation of the HTTP API is: its place, who may call it, and the schemas of what goes in and out.
import { MOMENT_PATTERN } from '../../core/times.js';
import { z } from 'zod';
import { type Role, ROLES } from './roles.js';

/** Everything hangs below this path. */
export const API_PREFIX = '/api/v1';

export const roleSchema = z.enum(ROLES);

/** What an operation answers with, where it is not JSON. */
export interface TextAnswer {
  readonly contentType: string;
  readonly description: string;
}

export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below API_PREFIX, parameters as `:name`. */
  readonly path: string;
  /** A second address outside API_PREFIX, where programs look by themselves. */
  readonly alsoAt?: string;
  /** The lowest role that may call it; `anyone`: also without sign-in. */
  readonly role: Role | 'anyone';
  /** One line of the manual. */
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** In place of a body in JSON: a file of any size, read while it comes in, of one of these content types. */
  readonly upload?: readonly string[];
  /** Of the whole request; absent: the limit of all. */
  readonly bodyLimitBytes?: number;
  /** Of a 200 answer. */
  readonly response: z.ZodType | TextAnswer;
}

/** Keeps the exact types of one table of operations. */
export function operations<const T extends Record<string, Operation>>(table: T): T {
  return table;
}

export function isTextAnswer(response: Operation['response']): response is TextAnswer {
  return 'contentType' in response;
}

/** Every answer that is not 2xx. `code` is a code of docs/reference/errors.md. */
export const errorSchema = z
  .object({
    code: z.string(),
    /** One sentence: what is wrong, where, and what to do next. */
    message: z.string(),
    /** Only what to do next, for a screen with little room. */
    next: z.string().optional(),
    /** With BODY_INVALID: which field of the request it is about, `template.qr` style. */
    field: z.string().optional(),
    /** Values of the sentence by name, for programs that say it in another language. */
    params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    /** The same request can succeed without a change. */
    retryable: z.boolean(),
  })
  .meta({ id: 'Error', description: 'Why a request was refused, and what to do next.' });
export type ApiError = z.output<typeof errorSchema>;

/** For operations that have nothing to say but that they worked. */
export const doneSchema = z.object({ ok: z.literal(true) }).meta({ id: 'Done' });

/** ISO 8601 in UTC. */
/**
 * A time that somebody asks for: `2026-11-24`, `today`, `2026-11-24 06:00`, `2026-11-24T06:00:00Z`. Without a zone it is that
 * of the service.
 */
export const momentSchema = z
  .string()
  .max(40)
  .regex(new RegExp(MOMENT_PATTERN), 'is no time')
  .meta({ id: 'Moment' });

/** What did not stop the work and is worth knowing. */
export const warningSchema = z.object({ code: z.string(), message: z.string() });

/** Why somebody does what is recorded. */
export const reasonSchema = z.string().trim().min(3).max(500);

export const timeSchema = z.string().meta({ format: 'date-time' });

/** Bytes in flash, from the start of flash, and their digests in lower-case hex. */
export const flashImageSchema = z
  .object({ offsetBytes: z.int(), sizeBytes: z.int(), md5: z.string(), sha256: z.string() })
  .meta({ id: 'FlashImage' });

// The one error class of espmint: a stable code, one sentence that ends with what to do next, typed details.
import { CATALOG, type ErrorCode, type ErrorDetails, type ErrorEntry } from './catalog.js';
import type { Conflict } from '../conflict.js';

/**
 * Every failure that a user can meet. `message` is one sentence: what is wrong, where, and what to do next.
 * `details` never holds a secret: they are printed, logged and sent to the dashboard.
 */
export class EspmintError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'EspmintError';
  readonly code: C;
  readonly details: ErrorDetails<C>;

  constructor(code: C, details: ErrorDetails<C>, options?: { cause?: unknown }) {
    const entry = CATALOG[code] as unknown as ErrorEntry<ErrorDetails<C>>;
    super(`${entry.problem(details)}; ${entry.next(details)}.`, options);
    this.code = code;
    this.details = details;
  }

  /** Only what to do next: an imperative, for a screen with room for one sentence. */
  get next(): string {
    const entry = CATALOG[this.code] as unknown as ErrorEntry<ErrorDetails<C>>;
    const text = entry.next(this.details);
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  }

  /** Only what happened. */
  get problem(): string {
    const entry = CATALOG[this.code] as unknown as ErrorEntry<ErrorDetails<C>>;
    return entry.problem(this.details);
  }

  /** Process exit code for this failure (see docs/reference/errors.md). */
  get exitCode(): number {
    return CATALOG[this.code].exit;
  }

  /** HTTP status for this failure. */
  get httpStatus(): number {
    return CATALOG[this.code].http;
  }

  /** True when the same request can succeed without anybody changing its input: a cable, a busy port, a timeout. */
  get retryable(): boolean {
    return CATALOG[this.code].retryable;
  }
}

/** What a person has given cannot be taken: the field, why not, and what to give instead. No closing dots. */
export function invalidInput(field: string, reason: string, hint: string): EspmintError {
  return new EspmintError('INPUT_INVALID', { field, reason, hint });
}

/** True when `error` is an EspmintError, and has that code if one is named. */
export function isEspmintError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: C,
): error is EspmintError<C> {
  return error instanceof EspmintError && (code === undefined || error.code === code);
}

/** What anything thrown says of itself. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Turns anything thrown into an EspmintError; what is not one already becomes INTERNAL with its cause kept. */
export function toEspmintError(error: unknown): EspmintError {
  if (error instanceof EspmintError) return error as EspmintError;
  return new EspmintError('INTERNAL', { reason: messageOf(error) }, { cause: error });
}

/** What a board printed, where an error brings it: masked already. */
export function bootLogOf({ details }: EspmintError): readonly string[] | undefined {
  return 'lines' in details && Array.isArray(details.lines)
    ? (details.lines as readonly string[])
    : undefined;
}

export function conflictOf({ details }: EspmintError): Conflict | undefined {
  return 'conflict' in details ? details.conflict : undefined;
}

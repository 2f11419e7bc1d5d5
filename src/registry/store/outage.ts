// When the database counts as out of reach, and what all parts of one process remember of that.
import {
  type ErrorCode,
  type EspmintError,
  isEspmintError,
  toEspmintError,
} from '../../core/errors/index.js';

/** Failures that say nothing about the request and pass by themselves. */
const DOWN: readonly ErrorCode[] = ['REGISTRY_UNREACHABLE', 'REGISTRY_TIMEOUT'];
/** After a failure the database is left alone for so long: boards are not to wait for each try. */
const REST_MS = 5000;

export function isDown(error: unknown): boolean {
  return isEspmintError(error) && DOWN.includes(error.code);
}

export class Outage {
  #current: { readonly failure: EspmintError; readonly since: string; readonly untilMs: number } | undefined;

  /** Of the first call that failed, ISO 8601 in UTC; undefined while the last call reached the database. */
  get since(): string | undefined {
    return this.#current?.since;
  }

  /** Why the database is not even asked now by those who can go on without it. */
  get restingFor(): EspmintError | undefined {
    return this.#current !== undefined && performance.now() < this.#current.untilMs
      ? this.#current.failure
      : undefined;
  }

  /** Takes note of a failure that is an outage. */
  note(error: unknown): void {
    if (!isDown(error)) return;
    const since = this.#current?.since ?? new Date().toISOString();
    this.#current = { failure: toEspmintError(error), since, untilMs: performance.now() + REST_MS };
  }

  /** A call has reached the database. One that takes too long for some calls is not well because it answers others. */
  reached(): void {
    if (this.#current?.failure.code === 'REGISTRY_UNREACHABLE') this.#current = undefined;
  }

  /** A call of those that can go on without it has ended well. */
  over(): void {
    this.#current = undefined;
  }
}

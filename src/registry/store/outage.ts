// When the database counts as out of reach.
import { type ErrorCode, isEspmintError } from '../../core/errors/index.js';

/** Failures that say nothing about the request and pass by themselves. */
const DOWN: readonly ErrorCode[] = ['REGISTRY_UNREACHABLE', 'REGISTRY_TIMEOUT'];
/** After a failure the database is left alone for so long: boards are not to wait for each try. */
export const REST_MS = 5000;

export function isDown(error: unknown): boolean {
  return isEspmintError(error) && DOWN.includes(error.code);
}

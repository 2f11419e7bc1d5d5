// What errors bring beside their sentence: both histories of a conflict, the log of a board.
import type { Conflict } from '../conflict.js';
import type { EspmintError } from './error.js';

/** What a board printed, where an error brings it: masked already. */
export function bootLogOf({ details }: EspmintError): readonly string[] | undefined {
  return 'lines' in details && Array.isArray(details.lines)
    ? (details.lines as readonly string[])
    : undefined;
}

export function conflictOf({ details }: EspmintError): Conflict | undefined {
  return 'conflict' in details ? details.conflict : undefined;
}

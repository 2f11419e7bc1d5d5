// Both histories of a conflict, where an error brings them.
import type { Conflict } from '../conflict.js';
import type { EspmintError } from './error.js';

export function conflictOf({ details }: EspmintError): Conflict | undefined {
  return 'conflict' in details ? details.conflict : undefined;
}

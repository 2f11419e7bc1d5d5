// A fault in what this computer keeps for the registry, as code, details and sentence.
import type { EspmintError } from '../../core/errors/index.js';

/** One fault that a person has to look at. */
export type SpoolFault = EspmintError<
  'SPOOL_UNREADABLE' | 'SPOOL_DAMAGED' | 'SPOOL_SET_ASIDE' | 'SPOOL_DEAD_LETTER'
>;

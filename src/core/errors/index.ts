// The names that other layers use of the error table.
export { CATALOG, type ErrorCode } from './catalog.js';
export { bootLogOf, conflictOf } from './conflict-of.js';
export { WARNINGS, type WarningCode } from './catalog/warnings.js';
export { EXIT } from './entry.js';
export { EspmintError, invalidInput, isEspmintError, toEspmintError } from './error.js';
export { warningOf, type OnWarning, type Warning } from './warning.js';

// The names that other layers use of the error table.
export { CATALOG, type ErrorCode } from './catalog.js';
export { EXIT } from './entry.js';
export {
  bootLogOf,
  conflictOf,
  EspmintError,
  invalidInput,
  isEspmintError,
  messageOf,
  toEspmintError,
} from './error.js';
export { type OnWarning, type Warning, type WarningCode, warningOf, WARNINGS } from './catalog/warnings.js';

// Times as people give them on a command line.
import { EspmintError } from '../../core/errors/index.js';

/**
 * Milliseconds since 1970; undefined for no text. A day alone is its midnight in UTC.
 *
 * @throws INPUT_INVALID
 */
export function parseTime(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new EspmintError('INPUT_INVALID', {
    field: option,
    reason: `is "${text}", which is no time`,
    hint: 'give it as 2026-11-24 or 2026-11-24T06:00:00Z',
  });
}

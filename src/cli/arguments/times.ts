// Times as people give them on a command line.
import { parseMoment, systemZone } from '../../core/times.js';

/**
 * Milliseconds since 1970; undefined for no text. As in all of espmint: without a zone it is that of this process, and a
 * day as the end of a period takes the whole day in.
 *
 * @throws INPUT_INVALID
 */
export function parseTime(text: string | undefined, field: '--since' | '--until'): number | undefined {
  if (text === undefined) return undefined;
  const as = field === '--until' ? 'end' : 'start';
  return parseMoment(text, { field, nowMs: Date.now(), zone: systemZone(), as });
}

/** For the help of both options. */
export const TIME_FORMS = '2026-11-24, today, 2026-11-24 06:00, with a zone 2026-11-24T06:00:00Z';

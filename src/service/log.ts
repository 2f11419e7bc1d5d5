// The log of the service: one line of JSON for what happened, with the ids by which the rest of it is found, no secret in it.
import { pino, stdTimeFunctions } from 'pino';
import { createMasker } from '../core/masking/masker.js';
import type { LogLevel } from './options.js';

/** What is beside the sentence; absent values are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
type Tell = (fields: LogFields, message: string) => void;

export interface ServiceLog {
  /** A fault of the service itself. */
  readonly error: Tell;
  /** What somebody should look after: an outage, and its end. */
  readonly warn: Tell;
  /** Every job, every request. */
  readonly info: Tell;
  readonly debug: Tell;
}

/** @param write takes one whole line */
export function createLog(level: LogLevel, write: (line: string) => void): ServiceLog {
  const logger = pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, messageKey: 'message' },
    { write },
  );
  // Names of paths, reasons of servers, stacks: all of them may hold what others wrote.
  const masker = createMasker();
  const clean = (fields: LogFields): object =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        typeof value === 'string' ? masker.foreign(value) : value,
      ]),
    );
  const at =
    (name: Exclude<LogLevel, 'silent'>): Tell =>
    (fields, message) => {
      if (logger.isLevelEnabled(name)) logger[name](clean(fields), masker.foreign(message));
    };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

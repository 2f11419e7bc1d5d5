// What went wrong, in a few words, from anything that was thrown.
import { codeOf } from '../files/index.js';

/** A short reason without a full stop: the system's code and call where there is one, else the first line of text. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A failed connection to a name with several addresses: the first one speaks for all.
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const line = error.message.split('\n', 1)[0] ?? '';
  return (line === '' ? (codeOf(error) ?? error.name) : line).replace(/\.$/, '');
}

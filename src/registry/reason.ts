// What went wrong, in a few words, from anything that was thrown.
import { codeOf } from '../files/index.js';

/** A short reason without a full stop: the system's code and call where there is one, else the first line of text. */
export function shortReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A failed connection to a name with several addresses: the first one speaks for all.
  if (error instanceof AggregateError && error.errors.length > 0) return shortReason(error.errors[0]);
  const line = error.message.split('\n', 1)[0] ?? '';
  return (line === '' ? (codeOf(error) ?? error.name) : shortened(line)).replace(/\.$/, '');
}

const LONGEST_REASON = 1_000;

/**
 * Of what somebody else says, so much as people read; masking it all would take seconds. It is cut between words: half a
 * secret would not be known for one.
 */
export function shortened(text: string, mostChars = LONGEST_REASON): string {
  return text.length <= mostChars ? text : text.slice(0, mostChars).replace(/\S*$/, '…');
}

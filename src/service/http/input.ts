// What a request may carry at all, before any schema looks at it: bounded JSON in which no name stands twice, and text that every part of espmint can keep.
import type { z } from 'zod';
import { EspmintError } from '../../core/errors/index.js';
import { checkJson, orFault } from '../../core/json.js';
import { findFaultyText } from '../../core/text.js';

/** Deeper than any request of the contract. */
const MOST_DEPTH = 32;
/** Fields and list entries together: a profile with a thousand rows has a quarter of it. */
const MOST_VALUES = 20_000;

/**
 * The text of a JSON body, when parsing it costs no more than a few milliseconds.
 *
 * @throws BODY_INVALID
 */
export function boundedJson(body: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw new EspmintError('BODY_INVALID', { field: 'the body', reason: 'is not UTF-8' }, { cause: error });
  }
  orFault(
    () => checkJson(text, { mostDepth: MOST_DEPTH, mostValues: MOST_VALUES }),
    ({ reason }) => new EspmintError('BODY_INVALID', { field: 'the body', reason }),
  );
  return text;
}

/**
 * No name, reason or note may hold what a database or a file cannot keep: NUL, or half of a pair of UTF-16.
 *
 * @param parts of the request by name; checked with their keys
 * @throws BODY_INVALID with the field
 */
export function checkTexts(parts: readonly unknown[]): void {
  for (const part of parts) {
    const faulty = findFaultyText(part);
    if (faulty === undefined) continue;
    const field = faulty.path.length === 0 ? 'the name of a field' : faulty.path.join('.');
    throw new EspmintError('BODY_INVALID', { field, reason: faulty.reason });
  }
}

/**
 * A part of a request as its schema takes it, with defaults filled in.
 *
 * @throws BODY_INVALID with the field, and never its value
 */
export function checked<S extends z.ZodType>(schema: S, value: unknown, part: string): z.output<S> {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const { path = [], message = 'no reason given' } = error.issues[0] ?? {};
  const field = path.length === 0 ? `its ${part}` : path.join('.');
  throw new EspmintError('BODY_INVALID', { field, reason: `is not accepted (${message})` });
}

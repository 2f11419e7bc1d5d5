// What a request may carry at all, before any schema looks at it: bounded JSON, and text that every part of espmint can keep.
import { EspmintError } from '../../core/errors/index.js';
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
  const { depth, values } = measure(text);
  if (depth > MOST_DEPTH) throw refuse(`is nested more than ${MOST_DEPTH} levels deep`);
  if (values > MOST_VALUES) throw refuse(`has more than ${MOST_VALUES} values`);
  return text;
}

function refuse(reason: string): EspmintError {
  return new EspmintError('BODY_INVALID', { field: 'the body', reason });
}

/** Counts what stands outside of strings; of text that is no JSON it counts something, and the parser refuses it. */
function measure(text: string): { depth: number; values: number } {
  let [depth, deepest, values] = [0, 0, 0];
  const endOfString = stringEnds(text);
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') at = endOfString(at + 1);
    else if (char === '[' || char === '{') {
      depth += 1;
      deepest = Math.max(deepest, depth);
      values += 1;
    } else if (char === ']' || char === '}') {
      depth -= 1;
    } else if (char === ',') {
      values += 1;
    }
  }
  return { depth: deepest, values };
}

/** Gives the place of the quote that ends the string which begins at a place; files in base64 are long strings. */
function stringEnds(text: string): (from: number) => number {
  const find = (what: string, from: number): number => {
    const at = text.indexOf(what, from);
    return at === -1 ? text.length : at;
  };
  // Each is looked for again only when it was passed: else a text of escapes would be read once for each of them.
  let [quote, escape] = [-1, -1];
  return (from) => {
    let at = from;
    for (;;) {
      if (quote < at) quote = find('"', at);
      if (escape < at) escape = find('\\', at);
      if (quote < escape) return quote;
      if (escape === text.length) return text.length;
      at = escape + 2;
    }
  };
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

// The one way in which secrets are taken out of texts that people or other programs get to see.
import { KnownSecrets } from './known.js';
import { findShapes } from './shapes.js';

/** What stands in the place of a secret, whatever its length. */
export const MASK = '********';

export interface Masker {
  /** For our own sentences: takes out the known secrets, in every form and every piece of them. */
  readonly known: (text: string) => string;
  /** For what others wrote (firmware, servers, tools): takes out also what may be a secret. */
  readonly foreign: (text: string) => string;
}

/** @param secrets values; empty and absent ones are passed over, those under four characters too */
export function createMasker(secrets: Iterable<string | undefined> = []): Masker {
  const values = [...secrets].filter((secret): secret is string => secret !== undefined);
  const known = new KnownSecrets(values);
  const mask = (text: string, withShapes: boolean): string => {
    const secret = new Uint8Array(text.length);
    const mark = (from: number, to: number): void => void secret.fill(1, from, to);
    known.find(text, mark);
    spread(text, secret);
    if (withShapes) findShapes(text, mark);
    join(text, secret);
    return render(text, secret);
  };
  return { known: (text) => mask(text, false), foreign: (text) => mask(text, true) };
}

const IS_WORD = /[\p{L}\p{N}]/u;

/** A piece shows that the whole word is one: its last characters may be fewer than a piece. */
function spread(text: string, secret: Uint8Array): void {
  for (let at = 1; at < text.length; at++) {
    if (secret[at - 1] === 1 && (IS_WORD.test(text[at] ?? '') || text[at] === '=')) secret[at] = 1;
  }
  for (let at = text.length - 2; at >= 0; at--) {
    if (secret[at + 1] === 1 && IS_WORD.test(text[at] ?? '')) secret[at] = 1;
  }
}

/** Longest text between two parts of one secret: `, 0x`. */
const GAP = 6;

/** What stands between two parts on one line tells how it was cut and nothing else. */
function join(text: string, secret: Uint8Array): void {
  let last = -1;
  for (let at = 0; at < text.length; at++) {
    if (secret[at] !== 1) continue;
    const between = text.slice(last + 1, at);
    if (
      last >= 0 &&
      between.length > 0 &&
      between.length <= GAP &&
      /^(?:[^\p{L}\p{N}\r\n]|0?x)*$/iu.test(between)
    ) {
      secret.fill(1, last + 1, at);
    }
    last = at;
  }
}

function render(text: string, secret: Uint8Array): string {
  let shown = '';
  for (let at = 0; at < text.length; at++) {
    // A line that ends in a secret still ends.
    const isLineEnd = text[at] === '\n' || text[at] === '\r';
    if (secret[at] !== 1 || isLineEnd) shown += text[at];
    else if (secret[at - 1] !== 1 || at === 0 || text[at - 1] === '\n' || text[at - 1] === '\r')
      shown += MASK;
  }
  return shown;
}

/** @returns a function that masks every one of these secrets, in each form in which a board may print them. */
export const masker = (secrets: Iterable<string | undefined>): ((text: string) => string) =>
  createMasker(secrets).known;

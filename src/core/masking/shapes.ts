// Finds what may be a secret though nobody knows its value: by what stands before it, and by what it looks like.
import type { Mark } from './known.js';

/** Names that stand before a secret in logs and messages. */
const NAME =
  /(?<![a-z])(?:[\w.-]{0,24}[_.-])?(?:psk|pass(?:word|wd|phrase|code)|passwort|pswd|pwd|pass|secret|token|credentials?|authorization|bearer|pin(?: ?code)?|pop|pmk|(?:[\w-]{0,16}[_ -])?key|\w{0,16}key|\w{1,16}(?:psk|token|secret|password|passwd|pwd))(?![a-z])/i;
const GLUE = /["'\]]{0,2}\s{0,3}(?:\([^)\n]{0,20}\)\s{0,2})?(?::=|[:=]>?|->|\bis\b|\bwas\b)\s{0,3}/i;
/** A whole quoted text; else up to the end of the word, a scheme of HTTP before it included. */
const VALUE = /(?:"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|(?:(?:bearer|basic|digest)\s+)?[^\s,;)}\]"']+)/i;

const LABELLED = new RegExp(`${NAME.source}${GLUE.source}(${VALUE.source})`, 'gid');
/** Said in passing: "with password hunter2". A word of letters only is taken for the sentence going on. */
const SAID =
  /\b(?:psk|password|passwd|passphrase|pwd|pass|token|secret|key|bearer|basic)\s{1,3}(["'][^"'\n]{1,128}["']|(?=[^\s]{0,128}[\d!-/:-@[-`{-~])[^\s,;)}\]"'.:]{4,}[^\s,;)}\]"']*)/dgi;

const SHAPES: readonly RegExp[] = [
  // Digits in one piece: a key, or a digest, which nobody misses in a log.
  /(?<![0-9a-z])(?:0x)?[0-9a-f]{20,}/gi,
  // Bytes and words with something between them. A MAC (6) and an EUI-64 (8) are shorter with colons or dashes.
  /(?<![0-9a-z:.-])(?:0x|\\x)?[0-9a-f]{2}(?:(?:[ ,]{1,3}|,?\s{1,16})(?:0x|\\x)?[0-9a-f]{2}(?![0-9a-z])){7,}/gi,
  /(?<![0-9a-z:.-])(?:0x)?[0-9a-f]{1,2}(?:,\s{0,8}(?:0x)?[0-9a-f]{1,2}(?![0-9a-z])){7,}/gi,
  /(?<![0-9a-z:.-])[0-9a-f]{2}(?:[:.-][0-9a-f]{2}(?![0-9a-z])){8,}/gi,
  /(?:\\x[0-9a-f]{2}|%[0-9a-f]{2}){8,}/gi,
  /(?<![0-9a-z:.-])(?:0x)?[0-9a-f]{4}(?:[ ,]{1,3}(?:0x)?[0-9a-f]{4}(?![0-9a-z:])){3,}/gi,
  /(?<![0-9a-z:.-])(?!fe80)[0-9a-f]{4}(?:[:-][0-9a-f]{4}(?![0-9a-z])){7,}/gi,
  /(?<![0-9a-z:.-])(?:0x)?[0-9a-f]{8}(?:[ ,]{1,3}(?:0x)?[0-9a-f]{8}(?![0-9a-z:])){3,}/gi,
  /(?<![\w.-])-?\d{1,3}(?:,\s{0,8}-?\d{1,3}(?![\w.])){7,}/g,
  // JSON Web Tokens, and user and password in a URL.
  /\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g,
  /(?<=\/\/)[^\s/@]{1,256}@/g,
];
/** What stands behind the bytes of a dump on their line: the same bytes as characters. */
const DUMP_TEXT = /[ \t]{1,4}\|?[^\n]{1,64}/y;
const BASE64 = /[A-Za-z0-9+/_-]{20,}={0,2}/g;

/** Linear in the length of the text. */
export function findShapes(text: string, mark: Mark): void {
  for (const pattern of [LABELLED, SAID]) {
    for (const { indices } of text.matchAll(pattern)) {
      const value = indices?.[1];
      if (value !== undefined) mark(...withoutQuotes(text, value));
    }
  }
  for (const [number, pattern] of SHAPES.entries()) {
    for (const { index, 0: found } of text.matchAll(pattern)) {
      const end = index + found.length;
      mark(index, end);
      if (number === 0 || !/\s/.test(found)) continue;
      DUMP_TEXT.lastIndex = end;
      const beside = DUMP_TEXT.exec(text);
      if (beside !== null) mark(end, end + beside[0].length);
    }
  }
  for (const { index, 0: found } of text.matchAll(BASE64)) {
    if (looksRandom(found)) mark(index, index + found.length);
  }
}

/** The quotes stay where they are: they show where a value began and ended. */
function withoutQuotes(text: string, [from, to]: readonly [number, number]): [number, number] {
  const quote = text[from];
  if (quote !== '"' && quote !== "'") return [from, to];
  return [from + 1, text[to - 1] === quote && to - 1 > from ? to - 1 : to];
}

/**
 * Whether it has the look of base64: letters of both cases and digits that take turns all the time. Names and paths
 * change from one to the other at the borders of words only.
 */
function looksRandom(text: string): boolean {
  const kinds = [...text.replace(/=+$/, '')].map(kindOf);
  if (!['lower', 'upper', 'digit'].every((kind) => kinds.includes(kind as Kind))) return false;
  const turns = kinds.filter((kind, at) => at > 0 && kind !== kinds[at - 1]).length;
  return turns >= (kinds.length - 1) * 0.4;
}

type Kind = 'lower' | 'upper' | 'digit' | 'other';

function kindOf(character: string): Kind {
  if (/[a-z]/.test(character)) return 'lower';
  if (/[A-Z]/.test(character)) return 'upper';
  return /\d/.test(character) ? 'digit' : 'other';
}

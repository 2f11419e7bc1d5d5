// Patterns that users write, matched in time that grows with the length of the line only: no pattern can stop the program.
import { RE2JS } from 're2js';
import { EspmintError } from './errors/index.js';

/** Whatever can say whether a line matches; a RegExp is one too. */
export interface LinePattern {
  test(line: string): boolean;
}

/** A pattern that also says what it found. */
export interface CapturingPattern extends LinePattern {
  /** The first match; named groups that took part, and where the match ends. */
  match(
    line: string,
  ): { readonly groups: Readonly<Record<string, string>>; readonly end: number } | undefined;
}

/** Longer ones are mistakes. */
const MAX_PATTERN_CHARACTERS = 500;
/** Of all counts in braces together: `a{200}` is written out before it is matched. */
const MAX_COUNTS = 250;
/** Steps of the matcher for each character of a line, at most: `.{500}` is 500. */
const MAX_PROGRAM_STEPS = 1_000;

const TOO_MUCH = 'must repeat less: written out it is too long';

export interface PatternOptions {
  /** Capitals and small letters are the same. */
  readonly ignoreCase?: boolean | undefined;
}

/**
 * A pattern in the syntax of RE2 (github.com/google/re2/wiki/Syntax), with JavaScript's spellings of escapes and
 * named groups. RE2 has no look-around and no back-references: those are what can take exponential time.
 *
 * @throws INPUT_INVALID
 */
export function parseLinePattern(text: string, options: PatternOptions = {}): CapturingPattern {
  const compiled = compile(text, options);
  if (!('reason' in compiled)) return compiled;
  const hint = 'correct it; RE2 (github.com/google/re2/wiki/Syntax) describes what a pattern may hold';
  throw new EspmintError('INPUT_INVALID', { field: `The pattern ${text}`, reason: compiled.reason, hint });
}

/** Why a text is no such pattern, to go on from "the pattern"; undefined where it is one. */
export function linePatternFault(text: string): string | undefined {
  const compiled = compile(text);
  return 'reason' in compiled ? compiled.reason : undefined;
}

function compile(
  text: string,
  { ignoreCase = false }: PatternOptions = {},
): CapturingPattern | { readonly reason: string } {
  if (text.length > MAX_PATTERN_CHARACTERS) {
    return { reason: `must have at most ${MAX_PATTERN_CHARACTERS} characters` };
  }
  const counts = [...text.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g)];
  const total = counts.reduce(
    (sum, [, least = '', most = '']) => sum + Math.max(Number(least), Number(most)),
    0,
  );
  if (total > MAX_COUNTS) return { reason: TOO_MUCH };
  try {
    const flags = ignoreCase ? RE2JS.CASE_INSENSITIVE : 0;
    const pattern = RE2JS.compile(RE2JS.translateRegExp(text), flags);
    if (pattern.programSize() > MAX_PROGRAM_STEPS) {
      return { reason: TOO_MUCH };
    }
    return { test: (line) => pattern.test(line), match: (line) => matchOf(pattern, line) };
  } catch (error) {
    const why = error instanceof Error ? error.message.replace('error parsing regexp: ', '') : String(error);
    return { reason: `must be a regular expression without look-around and back-references (${why})` };
  }
}

function matchOf(pattern: RE2JS, line: string): ReturnType<CapturingPattern['match']> {
  const matcher = pattern.matcher(line);
  if (!matcher.find()) return undefined;
  const groups = Object.keys(pattern.namedGroups()).flatMap((name) => {
    const text = matcher.group(name);
    return text === null ? [] : [[name, text] as const];
  });
  return { groups: Object.fromEntries(groups), end: matcher.end() };
}

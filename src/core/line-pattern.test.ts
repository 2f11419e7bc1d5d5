// Patterns of users: the usual ones match, hostile ones are refused or cost no more than the line is long.
import { describe, expect, it } from 'vitest';
import { linePatternFault, parseLinePattern } from './line-pattern.js';

describe('a pattern', () => {
  it.each([
    ['READY', 'app: READY', true],
    ['^ready in \\d+ ms$', 'ready in 12 ms', true],
    ['(?<ip>\\d+(\\.\\d+){3})', 'got ip 10.0.0.7', true],
    ['\\u004fK', 'OK', true],
    ['a\\/b', 'a/b', true],
    ['(OK|done) \\w+$', 'done twice, or not', false],
    ['(?i)ready', 'READY', true],
  ])('%s against "%s"', (pattern, line, matches) => {
    expect(parseLinePattern(pattern).test(line)).toBe(matches);
  });

  // Each takes longer than the age of the world in an engine that goes back and tries again.
  it.each(['(a+)+$', '(a|a)*$', '(a|aa)+$', '([a-z]+)*\\d$', '(.*)*=.*;', '^(\\w+\\s?)*$'])(
    '%s ends on a line that was made to stop it',
    (pattern) => {
      const compiled = parseLinePattern(pattern);
      for (let times = 0; times < 20; times++) compiled.test(`${'a'.repeat(511)}!`);
    },
  );

  it.each([
    ['(?=a)b', /look-around/],
    ['(a)\\1', /back-references/],
    ['(', /missing/],
    ['((a{60}){60}){60}', /repeat count/],
    ['(?:a?){999}a{999}', /repeat less/],
    ['a'.repeat(501), /500 characters/],
    ['('.repeat(490), /missing|nests/],
  ])('%s is refused with the reason', (pattern, reason) => {
    expect(linePatternFault(pattern)).toMatch(/^must /);
    expect(linePatternFault(pattern)).toMatch(reason);
    expect(() => parseLinePattern(pattern)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }) as Error,
    );
  });
});

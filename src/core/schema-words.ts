// What a schema asks of a setting, in the words of who writes the file rather than of the checking library.
import type { z } from 'zod';

/** `must be a number`; undefined for what has words of its own, or needs the schema to be said. */
export function ruleOf(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      const form = FORMS[issue.expected];
      return form === undefined ? undefined : `must be ${form}`;
    }
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`;
    case 'too_big':
      return `must ${bounded(issue.origin)} at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'too_small':
      return `must ${bounded(issue.origin)} at least ${issue.minimum}${unitOf(issue.origin)}`;
    default:
      return undefined;
  }
}

const bounded = (origin: string): string => (origin === 'string' || origin === 'array' ? 'have' : 'be');
const unitOf = (origin: string): string =>
  origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';

/** What a setting is, in the words of who writes the file. */
const FORMS: Readonly<Record<string, string>> = {
  object: 'a group of settings, each as name: value',
  array: 'a list',
  string: 'text, in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

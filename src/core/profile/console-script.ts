// Steps on a board's console as a profile or a file of steps has them; what they mean is in docs/guides/wifi.md.
import { z } from 'zod';
import { linePatternFault } from '../line-pattern.js';

/** A pattern over single lines, in RE2's syntax: it is matched in linear time whatever it is. */
export const regularExpression = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const message = linePatternFault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({ description: 'A regular expression over one line, without look-around and back-references.' });

/** Each costs time with every line of a log. */
export const MAX_PATTERNS = 20;
const MAX_STEPS = 100;

const consoleStep = z.strictObject({
  name: z.string().max(60).optional(),
  send: z.string().max(1_000).optional(),
  expect: z.array(regularExpression).max(MAX_PATTERNS).optional(),
  orPrompt: z.boolean().optional(),
  fail: z.array(regularExpression).max(MAX_PATTERNS).optional(),
  timeoutMs: z.int().min(100).max(600_000).optional(),
  repeatMs: z.int().min(100).optional(),
  optional: z.boolean().optional(),
  limits: z
    .record(z.string(), z.strictObject({ min: z.number().optional(), max: z.number().optional() }))
    .optional(),
});

export const consoleScriptSchema = z.strictObject({
  baud: z.int().min(9600).max(3_000_000).optional(),
  lineEnd: z.enum(['crlf', 'lf', 'cr']).optional(),
  prompt: regularExpression.optional(),
  steps: z.array(consoleStep).min(1).max(MAX_STEPS),
});

/** Consoles that are known by name; their steps are in `src/wifi/console/presets.ts`. */
export const CONSOLE_PRESET_NAMES = ['zc', 'join', 'sta_connect'] as const;

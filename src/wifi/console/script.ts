// Steps on a board's console, as data: what is sent, what must come, what must not, and how long that may take.
import { EspmintError } from '../../core/errors/index.js';
import { linePatternFault, parseLinePattern, type CapturingPattern } from '../../core/line-pattern.js';
import { checkArgument, LINE_BYTES, quoteArgument } from './quote.js';

export interface ConsoleStep {
  /** For messages; default: the number of the step. */
  readonly name?: string | undefined;
  /**
   * The command. `{{name}}` is replaced by the value, quoted for the console; `{{name|raw}}` by the value as it is; a
   * part in `[[ ]]` is left out where one of its values is empty. Absent: nothing is sent.
   */
  readonly send?: string | undefined;
  /** Patterns over single lines; the first that matches ends the step. A named group captures. Absent: the prompt. */
  readonly expect?: readonly string[] | undefined;
  /** The prompt alone is an answer too: of a command that says nothing when all went well. */
  readonly orPrompt?: boolean | undefined;
  /** Patterns over single lines that end everything, beside the console's own complaints. */
  readonly fail?: readonly string[] | undefined;
  /** Milliseconds for this step alone; default 5000. */
  readonly timeoutMs?: number | undefined;
  /** Sends the command again after so many milliseconds without an answer. */
  readonly repeatMs?: number | undefined;
  /** Goes on where no answer comes. */
  readonly optional?: boolean | undefined;
  /** What captured numbers must be: by the name of the group. */
  readonly limits?:
    | Readonly<Record<string, { readonly min?: number | undefined; readonly max?: number | undefined }>>
    | undefined;
}

export interface ConsoleScript {
  /** Bits per second; default 115200. */
  readonly baud?: number | undefined;
  /** What ends a command; default `crlf`. */
  readonly lineEnd?: 'crlf' | 'lf' | 'cr' | undefined;
  /** How the prompt looks, as a pattern; default: a word and `>`, `#` or `$`. */
  readonly prompt?: string | undefined;
  readonly steps: readonly ConsoleStep[];
}

/** A value for the templates; secret ones are masked in everything that is shown. */
interface ConsoleValue {
  readonly text: string;
  readonly secret?: boolean | undefined;
}
export type ConsoleValues = Readonly<Record<string, ConsoleValue>>;

export const DEFAULT_STEP_MS = 5_000;
export const DEFAULT_PROMPT = String.raw`[\w.:/~@-]{0,32} ?[>#$]{1,3}`;
export const LINE_ENDS = { crlf: '\r\n', lf: '\n', cr: '\r' } as const;

/** Milliseconds that all steps may take together. */
export const scriptMs = ({ steps }: ConsoleScript): number =>
  steps.reduce((sum, { timeoutMs = DEFAULT_STEP_MS }) => sum + timeoutMs, 0);

/** The command of a step with its values. @throws WIFI_CONSOLE_SCRIPT_INVALID */
export function fillCommand(template: string, values: ConsoleValues): string {
  const kept = template.replace(/\[\[(.*?)\]\]/g, (_, part: string) =>
    namesIn(part).every((name) => (values[name]?.text ?? '') !== '') ? part : '',
  );
  const filled = kept.replace(/\{\{(\w+)(\|raw)?\}\}/g, (_, name: string, raw?: string) => {
    const value = values[name];
    if (value === undefined) {
      throw new EspmintError('WIFI_CONSOLE_SCRIPT_INVALID', {
        where: `The command "${template}"`,
        reason: `needs a value for ${name}, and there is none`,
        hint: `give one of ${Object.keys(values).join(', ') || 'the values'}, or correct the name`,
      });
    }
    checkArgument(name, value.text);
    return raw === undefined ? quoteArgument(value.text) : value.text;
  });
  const command = filled.trimEnd();
  checkArgument('a command', command);
  const bytes = new TextEncoder().encode(command).length;
  if (bytes <= LINE_BYTES) return command;
  throw new EspmintError('WIFI_CONSOLE_SCRIPT_INVALID', {
    where: `The command "${template}"`,
    reason: `has ${bytes} bytes with its values, and a console takes ${LINE_BYTES}`,
    hint: 'shorten the values, or use another mode',
  });
}

const namesIn = (text: string): string[] => Array.from(text.matchAll(/\{\{(\w+)/g), ([, name = '']) => name);

/**
 * Checks all of a script before the first byte is sent.
 * @throws WIFI_CONSOLE_SCRIPT_INVALID, and as fillCommand
 */
export function checkScript(script: ConsoleScript, values: ConsoleValues): void {
  if (script.prompt !== undefined) compile('The prompt', script.prompt);
  for (const [index, step] of script.steps.entries()) {
    const where = `Step ${step.name ?? index + 1}`;
    for (const pattern of [...(step.expect ?? []), ...(step.fail ?? [])]) compile(where, pattern);
    if (step.send !== undefined) fillCommand(step.send, values);
  }
}

/** Over single lines, whatever case the firmware writes, in linear time. @throws WIFI_CONSOLE_SCRIPT_INVALID */
export function compile(where: string, pattern: string): CapturingPattern {
  const fault = linePatternFault(pattern);
  if (fault === undefined) return parseLinePattern(pattern, { ignoreCase: true });
  throw new EspmintError('WIFI_CONSOLE_SCRIPT_INVALID', {
    where: `${where}, "${pattern.length > SHOWN_CHARS ? `${pattern.slice(0, SHOWN_CHARS)}…` : pattern}"`,
    reason: fault,
    hint: 'RE2 (github.com/google/re2/wiki/Syntax) describes what a pattern may hold',
  });
}
const SHOWN_CHARS = 80;

// Runs the steps of a script on a board's console: one command in flight, one deadline a step.
import { EspmintError } from '../../core/errors/index.js';
import type { LinePattern, CapturingPattern } from '../../core/line-pattern.js';
import type { Link } from '../../driver/link/transport.js';
import { Deadline, throwIfAborted } from '../../driver/wait.js';
import { judged, LineSplitter, readSome } from '../lines.js';
import { masker } from '../../core/masking/masker.js';
import { Echo } from './echo.js';
import {
  checkScript,
  compile,
  DEFAULT_PROMPT,
  DEFAULT_STEP_MS,
  fillCommand,
  LINE_ENDS,
  type ConsoleScript,
  type ConsoleStep,
  type ConsoleValues,
} from './script.js';

export interface RunScriptOptions {
  readonly values: ConsoleValues;
  /** Beside the secret values: texts to mask in what is shown. */
  readonly secrets?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Every line that the board prints, the echo left out, secrets masked. */
  readonly onLine?: (line: string) => void;
  readonly onStep?: (step: { readonly index: number; readonly of: number; readonly name: string }) => void;
}

export interface StepResult {
  readonly name: string;
  /** The line that ended the step, secrets masked; absent for an optional step without an answer. */
  readonly line: string | undefined;
  readonly captured: Readonly<Record<string, string>>;
}

/** What every console of ESP-IDF says when it did not do what it was asked, and what ends any program. */
const COMPLAINTS: readonly RegExp[] = [
  /^Unrecognized command/i,
  /^Command returned non-zero error code/i,
  /^(invalid|missing) (option|argument|parameter)/i,
  /\b(missing option|invalid option|invalid argument|excess option)\b/i,
  /Guru Meditation Error/,
  /abort\(\) was called/,
  /Brownout detector was triggered/,
];
/** A line that has no end yet is judged when nothing has come for this long: a prompt never ends. */
const QUIET_MS = 150;
/** A console without echo shows its prompt alone: by then it is the one after the command. */
const SILENT_ECHO_MS = 1_000;
const WRITE_MS = 5_000;

/**
 * @returns what each step ended with
 * @throws WIFI_CONSOLE_SCRIPT_INVALID before anything is sent; WIFI_STEP_FAILED, WIFI_STEP_TIMEOUT, LINK_CLOSED,
 *   CANCELLED
 */
export async function runScript(
  link: Link,
  script: ConsoleScript,
  options: RunScriptOptions,
): Promise<StepResult[]> {
  checkScript(script, options.values);
  if (script.baud !== undefined && link.hasFixedBaud !== true && link.baud !== script.baud) {
    await link.setBaud(script.baud);
  }
  const runner = new ScriptRunner(link, script, options);
  const results: StepResult[] = [];
  for (const [index, step] of script.steps.entries()) {
    const name = step.name ?? String(index + 1);
    options.onStep?.({ index, of: script.steps.length, name });
    results.push(await runner.step(step, name));
  }
  return results;
}

/** How one line ended a step, or did not. */
type Verdict = { readonly line: string; readonly captured: Record<string, string> } | undefined;

class ScriptRunner {
  readonly #splitter = new LineSplitter();
  readonly #mask: (text: string) => string;
  readonly #prompt: string;
  #lastLine = '';

  constructor(
    private readonly link: Link,
    private readonly script: ConsoleScript,
    private readonly options: RunScriptOptions,
  ) {
    const secret = Object.values(options.values).flatMap(({ text, secret }) =>
      secret === true ? [text] : [],
    );
    this.#mask = masker([...secret, ...(options.secrets ?? [])]);
    this.#prompt = script.prompt ?? DEFAULT_PROMPT;
  }

  async step(step: ConsoleStep, name: string): Promise<StepResult> {
    const { signal } = this.options;
    const timeoutMs = step.timeoutMs ?? DEFAULT_STEP_MS;
    const deadline = new Deadline(timeoutMs);
    const rules = this.#rules(step, name);
    this.#lastLine = '';
    let echo = await this.#send(step);
    let repeat = new Deadline(step.repeatMs ?? timeoutMs);
    while (!deadline.passed) {
      throwIfAborted(signal, `Step ${name}`);
      if (repeat.passed && step.repeatMs !== undefined && step.send !== undefined) {
        echo = await this.#send(step);
        repeat = new Deadline(step.repeatMs);
      }
      const waitMs = Math.min(deadline.remainingMs, QUIET_MS);
      const bytes = await readSome(this.link, { timeoutMs: waitMs, signal });
      const verdict =
        bytes === undefined
          ? this.#judge(this.#splitter.partial, echo, rules, true)
          : this.#judgeAll(this.#splitter.push(bytes), echo, rules);
      if (verdict !== undefined) return { name, line: this.#mask(verdict.line), captured: verdict.captured };
    }
    if (step.optional === true) return { name, line: undefined, captured: {} };
    throw new EspmintError('WIFI_STEP_TIMEOUT', {
      port: this.link.address,
      step: name,
      timeoutMs,
      lastLine: this.#mask(this.#lastLine),
    });
  }

  async #send(step: ConsoleStep): Promise<Echo> {
    const command = step.send === undefined ? undefined : fillCommand(step.send, this.options.values);
    if (command !== undefined) {
      const bytes = new TextEncoder().encode(command + LINE_ENDS[this.script.lineEnd ?? 'crlf']);
      // The prompt that stands there waits for this command: it is not the one that follows it.
      this.#splitter.flush();
      await this.link.write(bytes, { timeoutMs: WRITE_MS, signal: this.options.signal });
    }
    return new Echo(command ?? '', this.#prompt);
  }

  #rules(step: ConsoleStep, name: string): Rules {
    const where = `Step ${name}`;
    return {
      name,
      takesPrompt: step.expect === undefined || step.orPrompt === true,
      since: new Deadline(SILENT_ECHO_MS),
      expect: step.expect?.map((pattern) => compile(where, pattern)),
      fail: [...COMPLAINTS, ...(step.fail ?? []).map((pattern) => compile(where, pattern))],
      limits: step.limits ?? {},
    };
  }

  #judgeAll(lines: readonly string[], echo: Echo, rules: Rules): Verdict {
    for (const [index, line] of lines.entries()) {
      const verdict = this.#judge(line, echo, rules, false);
      if (verdict === undefined) continue;
      // What came in one piece with the answer is shown, but belongs to no later step.
      for (const later of lines.slice(index + 1)) this.#show(echo.answerIn(later));
      return verdict;
    }
    return undefined;
  }

  #judge(line: string, echo: Echo, rules: Rules, isPartial: boolean): Verdict {
    if (line === '') return undefined;
    if (echo.isPrompt(line)) {
      const counts = isPartial && rules.takesPrompt && (echo.isComplete || rules.since.remainingMs === 0);
      return counts ? { line: line.trim(), captured: {} } : this.#match(line, rules);
    }
    const answer = echo.answerIn(line);
    if (answer === undefined) return undefined;
    if (!isPartial) this.#show(answer);
    const complaint = rules.fail.find((pattern) => pattern.test(judged(answer)));
    if (complaint !== undefined && !isPartial) {
      throw new EspmintError('WIFI_STEP_FAILED', {
        port: this.link.address,
        step: rules.name,
        reason: 'the board complained',
        line: this.#mask(answer.trim()),
      });
    }
    return this.#match(answer, rules);
  }

  #match(line: string, rules: Rules): Verdict {
    for (const pattern of rules.expect ?? []) {
      const match = pattern.match(judged(line));
      if (match === undefined) continue;
      const captured = { ...match.groups };
      this.#checkLimits(captured, rules, line);
      return { line: line.trim(), captured };
    }
    return undefined;
  }

  #checkLimits(captured: Record<string, string>, { name, limits }: Rules, line: string): void {
    for (const [group, { min = -Infinity, max = Infinity }] of Object.entries(limits)) {
      const text = captured[group];
      const value = Number(text);
      if (text !== undefined && text.trim() !== '' && value >= min && value <= max) continue;
      const range = `${min === -Infinity ? '' : `at least ${min}`}${min !== -Infinity && max !== Infinity ? ' and ' : ''}${max === Infinity ? '' : `at most ${max}`}`;
      throw new EspmintError('WIFI_STEP_FAILED', {
        port: this.link.address,
        step: name,
        reason: `${group} is ${text ?? 'missing'}, and must be ${range}`,
        line: this.#mask(line.trim()),
      });
    }
  }

  #show(answer: string | undefined): void {
    const line = answer?.trim() ?? '';
    if (line === '') return;
    this.#lastLine = line;
    this.options.onLine?.(this.#mask(line));
  }
}

interface Rules {
  readonly name: string;
  readonly takesPrompt: boolean;
  /** Over when no echo is to be waited for any more. */
  readonly since: Deadline;
  readonly expect: readonly CapturingPattern[] | undefined;
  readonly fail: readonly LinePattern[];
  readonly limits: NonNullable<ConsoleStep['limits']>;
}

// Judges a boot log: bytes in, lines and a verdict out. Pure; watch-boot.ts brings the bytes.
import type { LinePattern } from '../../core/line-pattern.js';
import { createMasker, type Masker } from '../../core/masking/masker.js';
import { withoutTerminalCodes } from '../../core/masking/terminal-codes.js';
import { failureIn, LOADED, parseLogLine, Restarts, succeeds, type BuiltInSuccess } from './boot-signs.js';

/** What a board must print to pass. Patterns match single lines. */
export interface BootRules {
  /**
   * What counts as started: the ROM's banner, the start of the application, an IP address, or a line of the
   * application's own.
   */
  readonly success: BuiltInSuccess | { readonly pattern: LinePattern };
  /** Lines that end the check at once, beside the built-in ones (panic, brownout, invalid header, ...). */
  readonly failure?: readonly LinePattern[];
  /** Keys and passwords that careless firmware prints: masked in kept lines, in every form. */
  readonly secrets?: readonly string[];
}

export type BootVerdict =
  | { readonly passed: true; readonly line: string }
  | { readonly passed: false; readonly reason: string; readonly line: string };

const KEEP_LINES = 40;
/** Kept before them, for a secret that was printed over several lines. */
const MASK_LINES_BEFORE = 8;
const SHOWN_CHARACTERS = 512;
/** Of a line so much is judged and masked; what is shown of it is cut afterwards. */
const MAX_LINE_CHARACTERS = 4 * SHOWN_CHARACTERS;
/** Of a text at the wrong baud rate about half is no character. */
const NOISE_SHARE = 0.2;
/** Fewer are the crackling of a reset. */
const NOISE_CHARACTERS = 24;

export class BootLog {
  readonly #rules: BootRules;
  readonly #failures: readonly LinePattern[];
  readonly #masker: Masker;
  /** A character's bytes may come in two reads. */
  readonly #decoder = new TextDecoder();
  /** As they came: secrets are masked when they are asked for. */
  readonly #raw: string[] = [];
  #line = '';
  #isLoaded = false;
  readonly #restarts = new Restarts();
  /** The last trouble from which a board may recover, with its line as it came. */
  #open: { readonly reason: string; readonly text: string } | undefined;
  #characters = 0;
  #noise = 0;
  #verdict: BootVerdict | undefined;

  constructor(rules: BootRules) {
    const { success } = rules;
    this.#rules =
      typeof success === 'string'
        ? rules
        : { ...rules, success: { pattern: withoutMemory(success.pattern) } };
    this.#failures = (rules.failure ?? []).map(withoutMemory);
    this.#masker = createMasker(rules.secrets);
  }

  /** The last lines, secrets masked. */
  get lines(): readonly string[] {
    const shown = this.#masker.foreign(this.#raw.join('\n'));
    return this.#raw.length === 0
      ? []
      : shown
          .split('\n')
          .slice(-KEEP_LINES)
          .map((line) => line.slice(0, SHOWN_CHARACTERS));
  }

  /** Mostly no text at all: the console has another baud rate than was listened at. */
  get isUnreadable(): boolean {
    return this.#characters >= NOISE_CHARACTERS && this.#noise > this.#characters * NOISE_SHARE;
  }

  /** Takes what came in, split anywhere. @returns the verdict as soon as there is one; it never changes afterwards. */
  push(bytes: Uint8Array): BootVerdict | undefined {
    if (this.#verdict === undefined) this.#take(this.#decoder.decode(bytes, { stream: true }));
    return this.#verdict;
  }

  /** Judges the line that has begun, for a log that went quiet without a line end. */
  finish(): BootVerdict | undefined {
    if (this.#verdict === undefined) this.#take(`${this.#decoder.decode()}\n`);
    return (this.#verdict ??= this.#unsettled());
  }

  /** Nothing better came after the trouble. */
  #unsettled(): BootVerdict | undefined {
    if (this.#open === undefined || this.isUnreadable) return undefined;
    const { reason, text } = this.#open;
    return { passed: false, reason, line: this.#masker.foreign(text).slice(0, SHOWN_CHARACTERS) };
  }

  #take(text: string): void {
    const parts = text.split(/[\r\n]/);
    for (const [at, part] of parts.entries()) {
      this.#line += part.slice(0, Math.max(0, MAX_LINE_CHARACTERS - this.#line.length));
      if (at === parts.length - 1) return;
      this.#endLine();
      if (this.#verdict !== undefined) return;
    }
  }

  #endLine(): void {
    const visible = withoutTerminalCodes(this.#line);
    this.#line = '';
    const noise = visible.match(NOISE)?.length ?? 0;
    this.#characters += visible.length;
    this.#noise += noise;
    const line = visible.replaceAll(CONTROLS, '').trim();
    if (line === '') return;
    this.#raw.push(line);
    if (this.#raw.length > KEEP_LINES + MASK_LINES_BEFORE) this.#raw.shift();
    // Noise looks like anything: it neither passes a board nor fails its firmware.
    if (noise <= visible.length * NOISE_SHARE)
      this.#verdict = this.#judge(line.replaceAll('\ufffd', '').trim());
  }

  #judge(text: string): BootVerdict | undefined {
    const line = parseLogLine(text);
    const failed = (reason: string): BootVerdict => ({ passed: false, reason, line: this.#shown() });
    const restart = this.#restarts.take(line);
    if (/^rst:0x/i.test(text)) this.#isLoaded = false;
    const failure = failureIn(line);
    if (failure?.isOpen === false) return failed(failure.reason);
    if (this.#failures.some((pattern) => pattern.test(text))) {
      return failed('it printed what the profile calls a failure');
    }
    if (restart !== undefined) return failed(restart);
    if (failure !== undefined) this.#open = { reason: failure.reason, text };
    const { success } = this.#rules;
    const passed =
      typeof success === 'string' ? succeeds(success, line, this.#isLoaded) : success.pattern.test(text);
    if (LOADED.test(text)) this.#isLoaded = true;
    return passed ? { passed: true, line: this.#shown() } : undefined;
  }

  #shown(): string {
    return this.lines.at(-1) ?? '';
  }
}

/** What no text has: undecodable bytes and control characters, but for tab, line ends and escape. */
const NOISE = /[\ufffd\0-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f]/g;
const CONTROLS = /[\0-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Flags that carry a position from one line to the next would make matches depend on what came before. */
function withoutMemory(pattern: LinePattern): LinePattern {
  return pattern instanceof RegExp ? new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')) : pattern;
}

// Tells the echo of one's own command from an answer. Pure.
import { parseLinePattern, type CapturingPattern } from '../../core/line-pattern.js';

export class Echo {
  readonly #prompt: CapturingPattern;
  /** What of the command has not been echoed yet. */
  #pending: string;

  constructor(
    private readonly command: string,
    prompt: string,
  ) {
    this.#prompt = parseLinePattern(`^\\s*(?:${prompt})\\s*`, { ignoreCase: true });
    this.#pending = command;
  }

  /** Whether the command was echoed to its end. */
  get isComplete(): boolean {
    return this.#pending === '';
  }

  /** The line without the prompt before it. */
  withoutPrompt(line: string): string {
    return line.slice(this.#prompt.match(line)?.end ?? 0);
  }

  /** Whether nothing but a prompt stands in the line. */
  isPrompt(line: string): boolean {
    return line.trim() !== '' && this.withoutPrompt(line).trim() === '';
  }

  /**
   * What a line says beside the echo; undefined where it says nothing else. A console may echo letter by letter, redraw
   * the whole line, or have its echo cut in two by a log line; and a line that only begins with the command
   * ("restarting" after `restart`) is an answer.
   */
  answerIn(line: string): string | undefined {
    const text = this.withoutPrompt(line);
    const bare = text.trim();
    if (bare === '') return undefined;
    if (this.command === '') return text;
    const command = this.command.trim();
    if (command.startsWith(bare)) {
      // The same start may come again, when the console redraws: the furthest counts.
      this.#pending = shorter(this.#pending, this.command.slice(bare.length).replace(/^\s+$/, ''));
      return undefined;
    }
    if (this.#pending !== '' && this.#pending !== this.command && this.#pending.trim().startsWith(bare)) {
      this.#pending = this.#pending.trim().slice(bare.length);
      return undefined;
    }
    // A log line that fell into the echo: what follows the begun command is the log's.
    const common = commonStart(this.#pending, text);
    const rest = text.slice(common);
    if (common > 0 && /^[EWIDV] \(/.test(rest)) {
      this.#pending = this.#pending.slice(common);
      return rest;
    }
    return text;
  }
}

const shorter = (a: string, b: string): string => (b.length < a.length ? b : a);

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

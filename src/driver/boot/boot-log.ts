// Judges a boot log: bytes in, lines and a verdict out. Pure; watch-boot.ts brings the bytes.
import type { LinePattern } from '../../core/line-pattern.js';

/** What a board must print to pass. Patterns match single lines. */
export interface BootRules {
  /**
   * What counts as started: the ROM's banner, the call of the application's main function, an IP address, or a line of
   * the application's own.
   */
  readonly success: BuiltInSuccess | { readonly pattern: LinePattern };
  /** Lines that end the check at once, beside the built-in ones (panic, brownout, invalid header, ...). */
  readonly failure?: readonly LinePattern[];
  /** Texts that are shown as asterisks in kept lines: keys and passwords that careless firmware prints. */
  readonly secrets?: readonly string[];
}

export const BUILT_IN_SUCCESS = {
  /** The ROM started and reads its program from flash. */
  banner: /boot:0x[0-9a-f]+ \(SPI_\w*BOOT/i,
  /** ESP-IDF is about to call app_main. */
  application: /calling app_main\(\)/i,
  /** ESP-IDF's esp_netif, or an application that says it. */
  'got-ip': /\b(got ip|sta ip)\b/i,
} as const;
export type BuiltInSuccess = keyof typeof BUILT_IN_SUCCESS;

/** Lines of ROM, bootloader and ESP-IDF after which no success can come. */
const BUILT_IN_FAILURES: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /guru meditation error/i, reason: 'the firmware panicked' },
  { pattern: /\babort\(\) was called/i, reason: 'the firmware aborted' },
  { pattern: /stack overflow in task/i, reason: 'a task overflowed its stack' },
  { pattern: /brownout detector was triggered/i, reason: 'the supply voltage fell too low' },
  { pattern: /invalid header: 0x/i, reason: 'there is no firmware in flash' },
  { pattern: /no bootable app partitions/i, reason: 'there is no application in flash' },
  { pattern: /flash read err/i, reason: 'the flash cannot be read' },
  { pattern: /image hash failed|checksum failed/i, reason: 'the firmware in flash is damaged' },
  { pattern: /waiting for download/i, reason: 'it is still in its loader' },
];

/** Every start of a ROM prints one of these. */
const RESTART = /^rst:0x[0-9a-f]+ \((\w+)\)/i;
/** The first is our own reset; a watchdog may bite once on the way up. */
const MAX_STARTS = 3;

export type BootVerdict =
  | { readonly passed: true; readonly line: string }
  | { readonly passed: false; readonly reason: string; readonly line: string };

const MASK = '********';
/** A PSK as espmint writes it. Of a board that was recognised as done nobody here knows the key by value. */
const KEY_FORM = /\b[0-9a-f]{32}\b/gi;
const KEEP_LINES = 40;
const MAX_LINE_CHARACTERS = 512;

export class BootLog {
  readonly #rules: BootRules;
  readonly #success: LinePattern;
  readonly #failures: readonly LinePattern[];
  readonly #lines: string[] = [];
  #line = '';
  #starts = 0;
  #verdict: BootVerdict | undefined;

  constructor(rules: BootRules) {
    this.#rules = rules;
    const pattern =
      typeof rules.success === 'string' ? BUILT_IN_SUCCESS[rules.success] : rules.success.pattern;
    this.#success = withoutMemory(pattern);
    this.#failures = (rules.failure ?? []).map(withoutMemory);
  }

  /** The last lines, secrets masked. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Takes what came in, split anywhere. @returns the verdict as soon as there is one; it never changes afterwards. */
  push(bytes: Uint8Array): BootVerdict | undefined {
    for (const byte of bytes) {
      if (this.#verdict !== undefined) break;
      if (byte === 0x0a || byte === 0x0d) this.#endLine();
      else if (this.#line.length < MAX_LINE_CHARACTERS) this.#line += printable(byte);
    }
    return this.#verdict;
  }

  /** Judges the line that has begun, for a log that went quiet without a line end. */
  finish(): BootVerdict | undefined {
    if (this.#verdict === undefined) this.#endLine();
    return this.#verdict;
  }

  #endLine(): void {
    const line = this.#line.trim();
    this.#line = '';
    if (line === '') return;
    const shown = this.#masked(line);
    this.#lines.push(shown);
    if (this.#lines.length > KEEP_LINES) this.#lines.shift();
    this.#verdict = this.#judge(line, shown);
  }

  #judge(line: string, shown: string): BootVerdict | undefined {
    const failure = BUILT_IN_FAILURES.find(({ pattern }) => pattern.test(line));
    if (failure !== undefined) return { passed: false, reason: failure.reason, line: shown };
    if (this.#failures.some((pattern) => pattern.test(line))) {
      return { passed: false, reason: 'it printed what the profile calls a failure', line: shown };
    }
    const restart = RESTART.exec(line);
    if (restart !== null && ++this.#starts > MAX_STARTS) {
      return { passed: false, reason: `it restarts again and again (${restart[1] ?? ''})`, line: shown };
    }
    return this.#success.test(line) ? { passed: true, line: shown } : undefined;
  }

  #masked(line: string): string {
    const secrets = this.#rules.secrets ?? [];
    return secrets
      .filter((secret) => secret !== '')
      .reduce((text, secret) => text.replaceAll(secret, MASK), line)
      .replace(KEY_FORM, MASK);
  }
}

/** Flags that carry a position from one line to the next would make matches depend on what came before. */
function withoutMemory(pattern: LinePattern): LinePattern {
  return pattern instanceof RegExp ? new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')) : pattern;
}

/** Colour codes and line noise have no place in a log that is shown to people. */
function printable(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '';
}

// What the operator types or scans, one line at a time: the start key, pause, drain, stop, and codes of labels.
import { createInterface } from 'node:readline';
import type { CliIo } from '../../io.js';
import { isTerminalInput, listenToTerminal } from '../../prompt/terminal-lines.js';

export interface OperatorActions {
  /** Without a slot: every board that waits for the start key. */
  start(slot: number | undefined): void;
  pause(): void;
  resume(): void;
  drain(): void;
  stop(): void;
  scan(code: string): void;
  /** A number is a code now: the next board, or a unit with its label, waits for one. */
  awaitsCode(): boolean;
  /** Shows the line that is being typed; absent: the terminal does it. */
  readonly typing?: ((line: string) => void) | undefined;
}

const KEYS = 'p pauses, r resumes, d drains, q stops.';
export const OPERATOR_HELP = `Enter or a slot number starts; ${KEYS}`;
/** Of a station whose boards are known by scanned codes. */
export const SCANNING_HELP = `Scan the code of the next board; Enter, or s and a slot number, starts; ${KEYS} A code that reads like one of these is typed with = before it.`;

/**
 * Listens until `close`. A scanner types like a keyboard: what is no command is a code. `s12` is always a slot and `=12`
 * always a code; a number alone is a code while one is waited for, and a slot otherwise.
 */
export function listenToOperator(io: CliIo, actions: OperatorActions): { close(): void } {
  const { typing } = actions;
  const line = (text: string): void => act(text.trim(), actions);
  if (typing !== undefined && isTerminalInput(io.stdin))
    return listenToTerminal(io.stdin, { line, typing, interrupt: () => process.kill(process.pid, 'SIGINT') });
  const lines = createInterface({ input: io.stdin });
  lines.on('line', line);
  return {
    close: () => {
      lines.close();
      io.stdin.pause();
    },
  };
}

function act(line: string, actions: OperatorActions): void {
  const commands: Record<string, () => void> = {
    '': () => actions.start(undefined),
    p: () => actions.pause(),
    r: () => actions.resume(),
    d: () => actions.drain(),
    q: () => actions.stop(),
  };
  const command = Object.hasOwn(commands, line) ? commands[line] : undefined;
  const [, sign, slot] = /^(s?)(\d{1,3})$/.exec(line) ?? [];
  if (command !== undefined) command();
  else if (slot !== undefined && (sign === 's' || !actions.awaitsCode())) actions.start(Number(slot));
  else actions.scan(line.replace(/^=\s*/, ''));
}

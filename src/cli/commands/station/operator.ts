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
  /** Shows the line that is being typed; absent: the terminal does it. */
  readonly typing?: ((line: string) => void) | undefined;
}

export const OPERATOR_HELP = 'Enter or a slot number starts; p pauses, r resumes, d drains, q stops.';

/** Listens until `close`. A scanner types like a keyboard: what is no command is a code. */
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
  if (command !== undefined) command();
  else if (/^\d{1,3}$/.test(line)) actions.start(Number(line));
  else actions.scan(line);
}

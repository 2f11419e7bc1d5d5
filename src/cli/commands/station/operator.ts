// What the operator types or scans, one line at a time: the start key, pause, drain, stop, and codes of labels.
import { createInterface } from 'node:readline';
import type { CliIo } from '../../io.js';

export interface OperatorActions {
  /** Without a slot: every board that waits for the start key. */
  start(slot: number | undefined): void;
  pause(): void;
  resume(): void;
  drain(): void;
  stop(): void;
  scan(code: string): void;
  /** A terminal has shown this line, before it is acted on. */
  echoed(line: string): void;
}

export const OPERATOR_HELP = 'Enter or a slot number starts; p pauses, r resumes, d drains, q stops.';

/** Listens until `close`. A scanner types like a keyboard: what is no command is a code. */
export function listenToOperator(io: CliIo, actions: OperatorActions): { close(): void } {
  const lines = createInterface({ input: io.stdin });
  const isTerminal = 'isTTY' in io.stdin && io.stdin.isTTY === true;
  lines.on('line', (line) => {
    if (isTerminal) actions.echoed(line);
    act(line.trim(), actions);
  });
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

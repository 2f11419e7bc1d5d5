// Lines from a terminal of which we show ourselves what is typed: its own echo would come between what we draw.
import type { Readable } from 'node:stream';
import { LineEditor, type TypedKey } from './line-editor.js';

export interface TerminalInput extends Readable {
  readonly isTTY: true;
  setRawMode(raw: boolean): unknown;
}

export interface LineListener {
  line(text: string): void;
  /** The line that is being typed is this now. */
  typing(text: string): void;
  /** Ctrl-C, which the terminal does not turn into a signal now. */
  interrupt(): void;
}

export function isTerminalInput(stream: Readable): stream is TerminalInput {
  return 'isTTY' in stream && stream.isTTY === true && 'setRawMode' in stream;
}

/** Listens until `close`, or until Ctrl-D. */
export function listenToTerminal(input: TerminalInput, listener: LineListener): { close(): void } {
  const editor = new LineEditor();
  const enterRaw = (): void => {
    // A shell has changed the mode meanwhile, and this process does not know.
    input.setRawMode(false);
    input.setRawMode(true);
    listener.typing(editor.text);
  };
  const close = (): void => {
    process.off('SIGCONT', enterRaw);
    input.off('data', onData);
    input.setRawMode(false);
    input.pause();
  };
  const act = (key: TypedKey): void => {
    if (key.type === 'line') listener.line(key.text);
    else if (key.type === 'interrupt') listener.interrupt();
    else close();
  };
  const onData = (chunk: string): void => {
    const keys = editor.feed(chunk);
    // Before the line is acted on: it may have much to draw.
    listener.typing(editor.text);
    for (const key of keys) act(key);
  };
  input.setEncoding('utf8');
  process.on('SIGCONT', enterRaw);
  input.on('data', onData);
  input.resume();
  enterRaw();
  return { close };
}

// A link to a device that is a function: what it answers to each write.
import { EspmintError } from '../../src/core/errors/index.js';
import type { Link } from '../../src/driver/index.js';
import { Inbox } from '../../src/driver/link/inbox.js';

export type Answers = (written: Uint8Array) => readonly Uint8Array[];

export interface ScriptedLink extends Link {
  /** All that was written, as text. */
  readonly written: string[];
  /** Bytes that come by themselves. */
  say(text: string | Uint8Array): void;
}

export function scriptedLink(answer: Answers): ScriptedLink {
  const inbox = new Inbox('scripted');
  const written: string[] = [];
  const say = (text: string | Uint8Array): void => {
    inbox.push(typeof text === 'string' ? new TextEncoder().encode(text) : text);
  };
  return {
    address: 'scripted',
    hasModemLines: false,
    hasFixedBaud: true,
    baud: 115_200,
    written,
    say,
    write: (bytes) => {
      written.push(new TextDecoder('latin1').decode(bytes));
      for (const piece of answer(bytes)) say(piece);
      return Promise.resolve();
    },
    read: (wait) => inbox.read(wait),
    discardInput: () => inbox.clear(),
    setLines: () => Promise.resolve(),
    setBaud: () => Promise.resolve(),
    close: () => {
      inbox.fail(new EspmintError('LINK_CLOSED', { port: 'scripted', reason: 'it was closed here' }));
      return Promise.resolve();
    },
  };
}

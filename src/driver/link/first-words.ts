// What a serial server on the network said before it hung up: one whose port another client has says so in a sentence, or
// closes the connection without a word.
import { EspmintError } from '../../core/errors/index.js';
import { createMasker } from '../../core/masking/masker.js';
import { withoutTerminalCodes } from '../../core/masking/terminal-codes.js';

/** A server's refusal is a line; a board that was talking says more. */
const LONGEST_BYTES = 256;
/** "Port already in use" (ser2net), "Object was already in use" (gensio), "device busy". */
const SAYS_TAKEN = /\b(?:in use|busy|already (?:open|connected|used))\b/i;

export class FirstWords {
  #text = '';
  #bytes = 0;

  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= LONGEST_BYTES) this.#text += new TextDecoder().decode(bytes);
  }

  /** Whether nothing came at all. */
  get isSilent(): boolean {
    return this.#bytes === 0;
  }

  /** @returns PORT_BUSY when these words, or the lack of them, mean that; else `error` itself */
  explain(port: string, error: Error, wasRefused: boolean): Error {
    if (this.#bytes > LONGEST_BYTES) return error;
    const says = createMasker()
      .foreign(withoutTerminalCodes(this.#text))
      .replaceAll(/[\p{C}\s]+/gu, ' ')
      .trim();
    if (!wasRefused && !SAYS_TAKEN.test(says)) return error;
    return new EspmintError('PORT_BUSY', { port, ...(/\p{L}/u.test(says) && { says }) }, { cause: error });
  }
}

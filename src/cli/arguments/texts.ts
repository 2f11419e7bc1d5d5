// What is typed after the name of the program must be text that every part of espmint can hold.
import { EspmintError } from '../../core/errors/index.js';
import { textFault } from '../../core/text.js';

/** What Node makes of bytes that are no UTF-8. */
const REPLACED = '\uFFFD';

/** Why a text that was typed or piped in cannot be kept, or undefined. */
export function typedFault(text: string): { readonly reason: string; readonly hint: string } | undefined {
  const isReplaced = text.includes(REPLACED);
  if (!isReplaced) return textFault(text);
  return { reason: 'holds bytes that are no UTF-8', hint: 'set the terminal to UTF-8 and type it again' };
}

/**
 * By the option before it or its number: what was typed is not repeated, since a terminal may not show it.
 *
 * @throws INPUT_INVALID
 */
export function checkArguments(args: readonly string[]): void {
  for (const [index, text] of args.entries()) {
    const before = args[index - 1];
    const fault = typedFault(text);
    if (fault === undefined) continue;
    const field = before?.startsWith('--') === true ? `The value of ${before}` : `Argument ${index + 1}`;
    throw new EspmintError('INPUT_INVALID', { field, ...fault });
  }
}

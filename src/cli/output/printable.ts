// Text of others on a terminal.

/** Other programs write the registry too: nothing of theirs may steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\u{fffd}');
}

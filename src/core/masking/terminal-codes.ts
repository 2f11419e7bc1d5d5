// Escape sequences of terminals (ECMA-48): colours, cursor moves, window titles. They belong to no line of a log.

/**
 * CSI sequences, strings that end with BEL or ST, and the two-character forms; in their 7-bit and 8-bit spelling. A
 * string that never ends reaches to the end of its line.
 */
const SEQUENCE =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d\u009e\u009f])[^\u0007\u001b\u009c\n\r]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;

/** The text without them. */
export function withoutTerminalCodes(text: string): string {
  return text.replace(SEQUENCE, '');
}

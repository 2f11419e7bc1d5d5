// Text of others on a terminal.

/** Control characters, and those that turn the direction of the text beside them round. */
const STEERING = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Other programs write the registry and images too: nothing of theirs may steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(STEERING, '\u{fffd}');
}

/** Chinese, Japanese and Korean letters, their full-width forms, and pictures take two cells (Unicode TR 11). */
const TWO_CELLS =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NO_CELL = /[\p{M}\p{Cf}]/u;

/** Cells of a terminal that a text takes, which is no count of characters outside Latin. */
export function shownWidth(text: string): number {
  let cells = 0;
  for (const letter of text) cells += NO_CELL.test(letter) ? 0 : TWO_CELLS.test(letter) ? 2 : 1;
  return cells;
}

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

const COLOUR = /(\u001b\[[0-9;]*m)/;

/** The beginning of a line in so many cells; colour codes take none. What is redrawn must not go on in the next line. */
export function cutLine(line: string, columns: number): string {
  const pieces = line.split(COLOUR).map((piece) => ({ piece, isColour: COLOUR.test(piece) }));
  const cells = pieces.reduce((sum, { piece, isColour }) => sum + (isColour ? 0 : shownWidth(piece)), 0);
  if (cells <= columns) return line;
  let room = columns - 1;
  const shown = pieces.map(({ piece, isColour }) => {
    if (isColour) return piece;
    const letters: string[] = [];
    for (const letter of piece) {
      const width = shownWidth(letter);
      // What comes behind a letter that does not fit is left out too.
      if (width > room) room = 0;
      if (room === 0) break;
      room -= width;
      letters.push(letter);
    }
    return letters.join('');
  });
  return `${shown.join('')}…`;
}

/** The end of a text in so many cells. */
export function endOf(text: string, columns: number): string {
  if (shownWidth(text) <= columns) return text;
  const letters = [...text];
  while (letters.length > 0 && shownWidth(letters.join('')) >= columns) letters.shift();
  return `…${letters.join('')}`;
}

// The letters of labels: GNU Unifont, whose glyphs are 16 rows of 8 or 16 dots. One font for every format and script, so
// that a label looks the same on paper, on a printer of 203 dpi and on the screen.

/** A letter as dots. */
export interface Glyph {
  /** 8 or 16. */
  readonly columns: number;
  /** From the top; the leftmost dot is the highest of `columns` bits. */
  readonly rows: readonly number[];
}

export interface LabelFont {
  /** The font as an sfnt (TrueType) file. */
  readonly bytes: Uint8Array;
  /** Whether this letter can be drawn as it should be. */
  draws(letter: string): boolean;
  /** Half of the height for most letters, the whole height for those of Chinese, Japanese and Korean. */
  columnsOf(letter: string): number;
  glyph(letter: string): Glyph;
}

export const GLYPH_ROWS = 16;

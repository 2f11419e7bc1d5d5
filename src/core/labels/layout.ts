// Where things stand on a label, in millimetres: the QR code on the left with its quiet zone, lines of text beside it.
import { encodeQR } from 'qr';
import { fillLabel, type LabelTemplate, type LabelValues } from './template.js';

export interface LabelLayout {
  readonly widthMm: number;
  readonly heightMm: number;
  readonly dpi: number;
  readonly qr: {
    readonly text: string;
    /** Rows of modules, true is dark; without the quiet zone. */
    readonly modules: readonly (readonly boolean[])[];
    readonly xMm: number;
    readonly yMm: number;
    readonly sideMm: number;
  };
  readonly lines: readonly TextLine[];
}

export interface TextLine {
  readonly text: string;
  readonly xMm: number;
  /** Of its upper edge. */
  readonly yMm: number;
  /** Of its letters, with the room above and below them. */
  readonly heightMm: number;
}

/** ISO/IEC 18004, 6.3.8: four modules of quiet zone. */
const QUIET_MODULES = 4;
const MARGIN_MM = 1;
/** The QR code leaves at least this share of the width to text, when there is any. */
const TEXT_SHARE = 0.45;
/** Width of a letter by its height, of the fonts that are used here. */
export const LETTER_WIDTH = 0.6;
const LARGEST_TEXT_MM = 5;
/** Smaller letters are no use to a person, nor can a printer of 203 dpi draw them: longer lines are broken. */
const SMALLEST_TEXT_MM = 1.5;
const LINE_PITCH = 1.25;

export function layOutLabel(template: LabelTemplate, values: LabelValues): LabelLayout {
  const { widthMm, heightMm, dpi } = template;
  const { qr: text, lines } = fillLabel(template, values);
  const modules = withoutBorder(encodeQR(text, 'raw', { ecc: 'medium', border: 1 }));
  const room = Math.min(heightMm, lines.length === 0 ? widthMm : widthMm * (1 - TEXT_SHARE)) - 2 * MARGIN_MM;
  const moduleMm = room / (modules.length + 2 * QUIET_MODULES);
  const sideMm = moduleMm * modules.length;
  const xMm = lines.length === 0 ? (widthMm - sideMm) / 2 : MARGIN_MM + QUIET_MODULES * moduleMm;
  const qr = { text, modules, xMm, yMm: (heightMm - sideMm) / 2, sideMm };
  const leftMm = xMm + sideMm + QUIET_MODULES * moduleMm;
  return { widthMm, heightMm, dpi, qr, lines: layOutLines(lines, { leftMm, widthMm, heightMm }) };
}

/** The library always draws a border; the quiet zone is this layout's own. */
function withoutBorder(rows: readonly (readonly boolean[])[]): readonly (readonly boolean[])[] {
  return rows.slice(1, -1).map((row) => row.slice(1, -1));
}

/** All lines in one size: the largest with which the longest line fits, after those that are too long were broken. */
function layOutLines(
  texts: readonly string[],
  at: { readonly leftMm: number; readonly widthMm: number; readonly heightMm: number },
): TextLine[] {
  const widthMm = at.widthMm - MARGIN_MM - at.leftMm;
  const mostLetters = Math.max(1, Math.floor(widthMm / (SMALLEST_TEXT_MM * LETTER_WIDTH)));
  const lines = texts.flatMap((text) => breakLine(text, mostLetters));
  const longest = Math.max(1, ...lines.map((line) => line.length));
  const heightMm = Math.min(
    LARGEST_TEXT_MM,
    widthMm / (longest * LETTER_WIDTH),
    (at.heightMm - 2 * MARGIN_MM) / (Math.max(1, lines.length) * LINE_PITCH),
  );
  const topMm = (at.heightMm - heightMm * LINE_PITCH * lines.length) / 2;
  return lines.map((text, index) => ({
    text,
    xMm: at.leftMm,
    yMm: topMm + index * heightMm * LINE_PITCH,
    heightMm,
  }));
}

/** Behind a dash, a colon or a blank where there is one in the second half of the line. */
function breakLine(text: string, mostLetters: number): string[] {
  if (text.length <= mostLetters) return [text];
  const head = text.slice(0, mostLetters);
  const mark = Math.max(...['-', ':', ' '].map((letter) => head.lastIndexOf(letter))) + 1;
  const end = mark > mostLetters / 2 ? mark : mostLetters;
  return [text.slice(0, end), ...breakLine(text.slice(end), mostLetters)];
}

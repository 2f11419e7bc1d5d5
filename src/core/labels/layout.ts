// Where things stand on a label, in millimetres: the QR code on the left with its quiet zone, lines of text beside it.
import { encodeQR } from 'qr';
import { EspmintError } from '../errors/index.js';
import { GLYPH_ROWS, type LabelFont } from './letters.js';
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
  readonly font: LabelFont;
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
const LARGEST_TEXT_MM = 5;
/** Smaller letters are no use to a person, nor can a printer draw them with fewer dots than they have: longer lines are broken. */
const SMALLEST_TEXT_MM = 1.5;
const MM_PER_INCH = 25.4;
const LINE_PITCH = 1.15;
/** A scanner needs more than one dot a module. */
const LEAST_MODULE_DOTS = 2;

/** @throws LABEL_VALUE_MISSING, LABEL_VALUE_UNDRAWABLE, LABEL_DOES_NOT_FIT */
export function layOutLabel(template: LabelTemplate, values: LabelValues, font: LabelFont): LabelLayout {
  const { widthMm, heightMm, dpi } = template;
  const { qr: text, lines } = fillLabel(template, values, font);
  const doesNotFit = (what: string): EspmintError =>
    new EspmintError('LABEL_DOES_NOT_FIT', { mac: values.mac, what, size: `${widthMm} x ${heightMm} mm` });
  const modules = modulesOf(text);
  if (modules === undefined) throw doesNotFit('the text of its QR code, which no QR code holds');
  const room = Math.min(heightMm, lines.length === 0 ? widthMm : widthMm * (1 - TEXT_SHARE)) - 2 * MARGIN_MM;
  const moduleMm = room / (modules.length + 2 * QUIET_MODULES);
  if ((moduleMm * dpi) / MM_PER_INCH < LEAST_MODULE_DOTS)
    throw doesNotFit(`its QR code at ${dpi} dpi, where a scanner could not read it`);
  const sideMm = moduleMm * modules.length;
  const xMm = lines.length === 0 ? (widthMm - sideMm) / 2 : MARGIN_MM + QUIET_MODULES * moduleMm;
  const qr = { text, modules, xMm, yMm: (heightMm - sideMm) / 2, sideMm };
  const leftMm = xMm + sideMm + QUIET_MODULES * moduleMm;
  const smallestMm = Math.max(SMALLEST_TEXT_MM, (GLYPH_ROWS * MM_PER_INCH) / dpi);
  const laidOut = layOutLines(lines, font, { leftMm, widthMm, heightMm, smallestMm });
  if (laidOut === undefined) throw doesNotFit('its lines of text');
  return { widthMm, heightMm, dpi, qr, lines: laidOut, font };
}

/** Undefined for more than a QR code holds. */
function modulesOf(text: string): readonly (readonly boolean[])[] | undefined {
  try {
    return withoutBorder(encodeQR(text, 'raw', { ecc: 'medium', border: 1 }));
  } catch {
    return undefined;
  }
}

/** Width of a text by its height. */
export function widthOf(text: string, font: LabelFont): number {
  return [...text].reduce((sum, letter) => sum + font.columnsOf(letter), 0) / GLYPH_ROWS;
}

/** The library always draws a border; the quiet zone is this layout's own. */
function withoutBorder(rows: readonly (readonly boolean[])[]): readonly (readonly boolean[])[] {
  return rows.slice(1, -1).map((row) => row.slice(1, -1));
}

/** All lines in one size: the largest with which the longest line fits, after those that are too long were broken. Undefined without room. */
function layOutLines(
  texts: readonly string[],
  font: LabelFont,
  at: {
    readonly leftMm: number;
    readonly widthMm: number;
    readonly heightMm: number;
    readonly smallestMm: number;
  },
): TextLine[] | undefined {
  if (texts.length === 0) return [];
  const widthMm = at.widthMm - MARGIN_MM - at.leftMm;
  const most = widthMm / at.smallestMm;
  const lines = texts.flatMap((text) => breakLine(text, most, font));
  const longest = Math.max(...lines.map((line) => widthOf(line, font)), 0.5);
  const heightMm = Math.min(
    LARGEST_TEXT_MM,
    widthMm / longest,
    (at.heightMm - 2 * MARGIN_MM) / (lines.length * LINE_PITCH),
  );
  // Rounding is no reason to refuse.
  if (heightMm < at.smallestMm * 0.99) return undefined;
  const topMm = (at.heightMm - heightMm * LINE_PITCH * lines.length) / 2;
  return lines.map((text, index) => ({
    text,
    xMm: at.leftMm,
    yMm: topMm + index * heightMm * LINE_PITCH,
    heightMm,
  }));
}

/** Behind a dash, a colon or a blank where there is one in the second half of the line. @param most width by height */
function breakLine(text: string, most: number, font: LabelFont): string[] {
  if (widthOf(text, font) <= most) return [text];
  const letters = [...text];
  let fits = 1;
  while (fits < letters.length && widthOf(letters.slice(0, fits + 1).join(''), font) <= most) fits += 1;
  const mark =
    letters.slice(0, fits).findLastIndex((letter) => letter === '-' || letter === ':' || letter === ' ') + 1;
  const end = mark > fits / 2 ? mark : fits;
  return [letters.slice(0, end).join(''), ...breakLine(letters.slice(end).join(''), most, font)];
}

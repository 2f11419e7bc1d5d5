// Labels on sheets of A4 as PDF, as many on a page as fit.
import { PDFDocument, StandardFonts, type PDFFont, type PDFPage } from 'pdf-lib';
import type { LabelLayout } from './layout.js';
import { darkRuns } from './svg.js';

const POINTS_PER_MM = 72 / 25.4;
const PAGE_MM = { width: 210, height: 297, margin: 10 };
const GAP_MM = 2;

/** @param labels all of one size. */
export async function labelsToPdf(labels: readonly LabelLayout[]): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const font = await document.embedFont(StandardFonts.Courier);
  const [first] = labels;
  const { columns, rows } = first === undefined ? { columns: 1, rows: 1 } : gridOf(first);
  for (let start = 0; start < labels.length; start += columns * rows) {
    const page = document.addPage([pt(PAGE_MM.width), pt(PAGE_MM.height)]);
    labels.slice(start, start + columns * rows).forEach((label, index) => {
      drawLabel(page, font, label, {
        leftMm: PAGE_MM.margin + (index % columns) * (label.widthMm + GAP_MM),
        topMm: PAGE_MM.margin + Math.floor(index / columns) * (label.heightMm + GAP_MM),
      });
    });
  }
  return document.save();
}

function gridOf({ widthMm, heightMm }: LabelLayout): { columns: number; rows: number } {
  const fit = (page: number, label: number): number =>
    Math.max(1, Math.floor((page - 2 * PAGE_MM.margin + GAP_MM) / (label + GAP_MM)));
  return { columns: fit(PAGE_MM.width, widthMm), rows: fit(PAGE_MM.height, heightMm) };
}

/** PDF counts from the lower edge of the page. */
function drawLabel(
  page: PDFPage,
  font: PDFFont,
  label: LabelLayout,
  at: { readonly leftMm: number; readonly topMm: number },
): void {
  const y = (mm: number): number => pt(PAGE_MM.height - at.topMm - mm);
  const x = (mm: number): number => pt(at.leftMm + mm);
  const { modules, xMm, yMm, sideMm } = label.qr;
  const moduleMm = sideMm / modules.length;
  for (const run of darkRuns(modules)) {
    page.drawRectangle({
      x: x(xMm + run.x * moduleMm),
      y: y(yMm + (run.y + 1) * moduleMm),
      width: pt(run.length * moduleMm),
      height: pt(moduleMm),
    });
  }
  for (const { text, xMm: left, yMm: top, heightMm } of label.lines) {
    page.drawText(latin(text), { x: x(left), y: y(top + heightMm * 0.85), size: pt(heightMm), font });
  }
}

const pt = (mm: number): number => mm * POINTS_PER_MM;

/** The built-in fonts of PDF know Latin letters only. */
function latin(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\xa0-\xff]/g, '?');
}

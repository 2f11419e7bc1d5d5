// Labels on sheets of A4 as PDF, as many on a page as fit.
import PDFDocument from 'pdfkit';
import { collectPdf } from '../pdf-bytes.js';
import type { LabelLayout } from './layout.js';
import { darkRuns } from './svg.js';

const POINTS_PER_MM = 72 / 25.4;
const PAGE_MM = { width: 210, height: 297, margin: 10 };
const GAP_MM = 2;

type Pdf = InstanceType<typeof PDFDocument>;

/** @param labels all of one size. */
export async function labelsToPdf(labels: readonly LabelLayout[]): Promise<Uint8Array> {
  const document = new PDFDocument({ autoFirstPage: false, margin: 0 });
  const bytes = collectPdf(document);
  const [first] = labels;
  if (first !== undefined) document.font(first.font.bytes);
  const { columns, rows } = first === undefined ? { columns: 1, rows: 1 } : gridOf(first);
  for (let start = 0; start < Math.max(1, labels.length); start += columns * rows) {
    document.addPage({ size: [pt(PAGE_MM.width), pt(PAGE_MM.height)], margin: 0 });
    labels.slice(start, start + columns * rows).forEach((label, index) => {
      drawLabel(document, label, {
        leftMm: PAGE_MM.margin + (index % columns) * (label.widthMm + GAP_MM),
        topMm: PAGE_MM.margin + Math.floor(index / columns) * (label.heightMm + GAP_MM),
      });
    });
  }
  return bytes();
}

function gridOf({ widthMm, heightMm }: LabelLayout): { columns: number; rows: number } {
  const fit = (page: number, label: number): number =>
    Math.max(1, Math.floor((page - 2 * PAGE_MM.margin + GAP_MM) / (label + GAP_MM)));
  return { columns: fit(PAGE_MM.width, widthMm), rows: fit(PAGE_MM.height, heightMm) };
}

function drawLabel(
  document: Pdf,
  label: LabelLayout,
  at: { readonly leftMm: number; readonly topMm: number },
): void {
  const x = (mm: number): number => pt(at.leftMm + mm);
  const y = (mm: number): number => pt(at.topMm + mm);
  const { modules, xMm, yMm, sideMm } = label.qr;
  const moduleMm = sideMm / modules.length;
  for (const run of darkRuns(modules)) {
    document.rect(
      x(xMm + run.x * moduleMm),
      y(yMm + run.y * moduleMm),
      pt(run.length * moduleMm),
      pt(moduleMm),
    );
  }
  document.fill('black');
  for (const { text, xMm: left, yMm: top, heightMm } of label.lines) {
    document.fontSize(pt(heightMm)).text(text, x(left), y(top), { lineBreak: false });
  }
}

const pt = (mm: number): number => mm * POINTS_PER_MM;

// A batch report on paper: a front page with figures and a place to sign, then the list of devices.
import { PDFDocument, StandardFonts, type PDFFont, type PDFPage } from 'pdf-lib';
import type { BatchReport, ReportUnit } from './report.js';

/** A4 in points. */
const PAGE = { width: 595, height: 842, margin: 48 };
const LINE = 14;
const UNITS_ON_A_PAGE = 52;
const SIGNATURES_SHOWN = 5;

interface Fonts {
  readonly plain: PDFFont;
  readonly bold: PDFFont;
  readonly mono: PDFFont;
}

export async function batchReportToPdf(report: BatchReport): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  document.setTitle(`Batch ${report.batch.name}`);
  const fonts: Fonts = {
    plain: await document.embedFont(StandardFonts.Helvetica),
    bold: await document.embedFont(StandardFonts.HelveticaBold),
    mono: await document.embedFont(StandardFonts.Courier),
  };
  drawFront(document.addPage([PAGE.width, PAGE.height]), fonts, report);
  const pages = Math.max(1, Math.ceil(report.units.length / UNITS_ON_A_PAGE));
  for (let page = 0; page < pages; page++) {
    const units = report.units.slice(page * UNITS_ON_A_PAGE, (page + 1) * UNITS_ON_A_PAGE);
    const title = `Devices of batch ${report.batch.name}, page ${page + 1} of ${pages}`;
    drawUnits(document.addPage([PAGE.width, PAGE.height]), fonts, title, units);
  }
  return document.save();
}

function drawFront(page: PDFPage, fonts: Fonts, report: BatchReport): void {
  const { batch, madeAt, madeBy, digest } = report;
  let y = PAGE.height - PAGE.margin - 20;
  text(page, fonts.bold, `Batch ${batch.name}`, { x: PAGE.margin, y, size: 22 });
  y -= 2 * LINE;
  for (const [name, value] of [...factsOf(report), ...figuresOf(report)]) {
    text(page, fonts.plain, name, { x: PAGE.margin, y, size: 10 });
    text(page, fonts.bold, value, { x: PAGE.margin + 130, y, size: 10 });
    y -= LINE;
  }
  y -= LINE;
  text(page, fonts.plain, `Made ${minute(madeAt)} UTC by ${madeBy}. Digest of the content (SHA-256):`, {
    x: PAGE.margin,
    y,
    size: 9,
  });
  text(page, fonts.mono, digest, { x: PAGE.margin, y: y - LINE, size: 9 });
  y -= 3 * LINE;
  for (const line of signatureLines(report)) {
    text(page, fonts.plain, line, { x: PAGE.margin, y, size: 9 });
    y -= LINE;
  }
  for (const [index, name] of ['Date', 'Name', 'Signature'].entries()) {
    const x = PAGE.margin + index * 170;
    page.drawLine({ start: { x, y: 110 }, end: { x: x + 150, y: 110 }, thickness: 0.7 });
    text(page, fonts.plain, name, { x, y: 96, size: 9 });
  }
}

/** The newest of them; all are in the JSON report. */
function signatureLines({ signatures, digest }: BatchReport): string[] {
  return signatures.slice(-SIGNATURES_SHOWN).map(({ at, by, note, digest: signed }) => {
    const changed = signed === digest ? '' : ' (the content has changed since)';
    return `Signed off ${minute(at)} UTC by ${by}${note === '' ? '' : `: ${note.slice(0, 60)}`}${changed}`;
  });
}

function factsOf({ batch }: BatchReport): (readonly [string, string])[] {
  const { profile, closedAt, closedBy = '' } = batch;
  const facts: (readonly [string, string | undefined])[] = [
    ['Profile', `${profile.name}, version ${profile.version}`],
    ['State', batch.state],
    ['Lot', batch.lot],
    ['Hardware revision', batch.hardwareRevision],
    ['Firmware version', batch.firmwareVersion],
    ['Location', batch.location],
    ['Opened', `${minute(batch.createdAt)} UTC by ${batch.createdBy}`],
    ['Closed', closedAt === undefined ? undefined : `${minute(closedAt)} UTC by ${closedBy}`],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function figuresOf({ batch, figures }: BatchReport): (readonly [string, string])[] {
  const { passed, reworked, failed } = batch.counts;
  const share = (value: number | undefined): string =>
    value === undefined ? '-' : `${(value * 100).toFixed(1)} %`;
  return [
    ['Ordered', String(batch.quantity)],
    ['Passed', `${passed}, ${reworked} of them after rework`],
    ['Failed', String(failed)],
    ['First-pass yield', share(figures.firstPassYield)],
    ['Boards an hour', figures.boardsPerHour === undefined ? '-' : String(Math.round(figures.boardsPerHour))],
    ...figures.failures
      .slice(0, 10)
      .map(
        ({ code, stage, count, share: part }) =>
          ['Failure', `${code} in ${stage}: ${count} (${share(part)})`] as const,
      ),
  ];
}

const COLUMNS: readonly (readonly [string, number, (unit: ReportUnit) => string])[] = [
  ['Serial', 0, ({ serial = '-' }) => serial.slice(0, 16)],
  ['MAC', 84, ({ mac }) => mac],
  ['UUID', 170, ({ uuid = '-' }) => uuid],
  ['State', 346, ({ state, failedRuns }) => (failedRuns > 0 ? `${state} (r)` : state)],
  ['Image (SHA-256)', 400, ({ imageSha256 = '-' }) => imageSha256.slice(0, 20)],
];

function drawUnits(page: PDFPage, fonts: Fonts, title: string, units: readonly ReportUnit[]): void {
  let y = PAGE.height - PAGE.margin;
  text(page, fonts.bold, title, { x: PAGE.margin, y, size: 11 });
  y -= 1.5 * LINE;
  for (const [name, x] of COLUMNS) text(page, fonts.bold, name, { x: PAGE.margin + x, y, size: 8 });
  for (const unit of units) {
    y -= LINE - 1;
    for (const [, x, cell] of COLUMNS)
      text(page, fonts.mono, cell(unit), { x: PAGE.margin + x, y, size: 7.5 });
  }
  text(
    page,
    fonts.plain,
    '(r): passed or failed after a run that failed. The JSON report has the whole digests.',
    {
      x: PAGE.margin,
      y: PAGE.margin - 20,
      size: 8,
    },
  );
}

/** The built-in fonts of PDF know Latin letters only. */
function text(page: PDFPage, font: PDFFont, value: string, at: { x: number; y: number; size: number }): void {
  page.drawText(value.replaceAll(/[^\x20-\x7e\xa0-\xff]/g, '?'), { ...at, font });
}

const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');

// A batch report on paper: a front page with figures and a place to sign, then the list of devices.
import PDFDocument from 'pdfkit';
import type { LabelFont } from '../labels/letters.js';
import { collectPdf } from '../pdf-bytes.js';
import { formatMoment, type Zone } from '../zone-clock.js';
import type { BatchReport, ReportUnit } from './report.js';

/** A4 in points. */
const PAGE = { width: 595, height: 842, margin: 48 };
const LINE = 14;
const UNITS_ON_A_PAGE = 52;
const SIGNATURES_SHOWN = 5;

type Pdf = InstanceType<typeof PDFDocument>;
type Face = 'Helvetica' | 'Helvetica-Bold' | 'Courier';

/** What a page needs beside the report. */
export interface ReportLook {
  /** For names in other scripts than Latin. */
  readonly font: LabelFont;
  /** Of the times. */
  readonly zone: Zone;
  /** Awaited between two pages, by whoever has others to serve. */
  readonly nextTurn?: () => Promise<void>;
}

interface Sheet extends ReportLook {
  readonly document: Pdf;
}

export async function batchReportToPdf(report: BatchReport, look: ReportLook): Promise<Uint8Array> {
  const info = { Title: `Batch ${report.batch.name}` };
  const document = new PDFDocument({ autoFirstPage: false, info });
  const bytes = collectPdf(document);
  const sheet = { ...look, document };
  await look.nextTurn?.();
  const size: [number, number] = [PAGE.width, PAGE.height];
  document.addPage({ size, margin: 0 });
  drawFront(sheet, report);
  await look.nextTurn?.();
  const pages = Math.max(1, Math.ceil(report.units.length / UNITS_ON_A_PAGE));
  for (let page = 0; page < pages; page++) {
    const units = report.units.slice(page * UNITS_ON_A_PAGE, (page + 1) * UNITS_ON_A_PAGE);
    document.addPage({ size, margin: 0 });
    drawUnits(sheet, `Devices of batch ${report.batch.name}, page ${page + 1} of ${pages}`, units);
    await look.nextTurn?.();
  }
  return bytes();
}

function drawFront(sheet: Sheet, report: BatchReport): void {
  const { document, zone } = sheet;
  const { batch, madeAt, madeBy, digest } = report;
  let y = PAGE.height - PAGE.margin - 20;
  text(sheet, 'Helvetica-Bold', `Batch ${batch.name}`, { x: PAGE.margin, y, size: 22 });
  y -= 2 * LINE;
  for (const [name, value] of [...factsOf(report, zone), ...figuresOf(report)]) {
    text(sheet, 'Helvetica', name, { x: PAGE.margin, y, size: 10 });
    text(sheet, 'Helvetica-Bold', value, { x: PAGE.margin + 130, y, size: 10 });
    y -= LINE;
  }
  y -= LINE;
  text(
    sheet,
    'Helvetica',
    `Made ${formatMoment(madeAt, zone)} by ${madeBy}. Digest of the content (SHA-256):`,
    {
      x: PAGE.margin,
      y,
      size: 9,
    },
  );
  text(sheet, 'Courier', digest, { x: PAGE.margin, y: y - LINE, size: 9 });
  y -= 3 * LINE;
  for (const line of signatureLines(report, zone)) {
    text(sheet, 'Helvetica', line, { x: PAGE.margin, y, size: 9 });
    y -= LINE;
  }
  for (const [index, name] of ['Date', 'Name', 'Signature'].entries()) {
    const x = PAGE.margin + index * 170;
    document
      .moveTo(x, PAGE.height - 110)
      .lineTo(x + 150, PAGE.height - 110)
      .lineWidth(0.7)
      .stroke();
    text(sheet, 'Helvetica', name, { x, y: 96, size: 9 });
  }
}

/** The newest of them; all are in the JSON report. */
function signatureLines({ signatures, digest }: BatchReport, zone: Zone): string[] {
  return signatures.slice(-SIGNATURES_SHOWN).map(({ at, by, note, digest: signed }) => {
    const changed = signed === digest ? '' : ' (the content has changed since)';
    return `Signed off ${formatMoment(at, zone)} by ${by}${note === '' ? '' : `: ${note.slice(0, 60)}`}${changed}`;
  });
}

function factsOf({ batch }: BatchReport, zone: Zone): (readonly [string, string])[] {
  const { profile, closedAt, closedBy = '' } = batch;
  const facts: (readonly [string, string | undefined])[] = [
    ['Profile', `${profile.name}, version ${profile.version}`],
    ['State', batch.state],
    ['Lot', batch.lot],
    ['Hardware revision', batch.hardwareRevision],
    ['Firmware version', batch.firmwareVersion],
    ['Location', batch.location],
    ['Opened', `${formatMoment(batch.createdAt, zone)} by ${batch.createdBy}`],
    ['Closed', closedAt === undefined ? undefined : `${formatMoment(closedAt, zone)} by ${closedBy}`],
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
  ['Image (SHA-256)', 400, ({ image }) => image?.sha256.slice(0, 20) ?? '-'],
];

function drawUnits(sheet: Sheet, title: string, units: readonly ReportUnit[]): void {
  let y = PAGE.height - PAGE.margin;
  text(sheet, 'Helvetica-Bold', title, { x: PAGE.margin, y, size: 11 });
  y -= 1.5 * LINE;
  for (const [name, x] of COLUMNS) text(sheet, 'Helvetica-Bold', name, { x: PAGE.margin + x, y, size: 8 });
  for (const unit of units) {
    y -= LINE - 1;
    for (const [, x, cell] of COLUMNS)
      text(sheet, 'Courier', cell(unit), { x: PAGE.margin + x, y, size: 7.5 });
  }
  text(
    sheet,
    'Helvetica',
    '(r): passed or failed after a run that failed. The JSON report has the whole digests.',
    {
      x: PAGE.margin,
      y: PAGE.margin - 20,
      size: 8,
    },
  );
}

/** The built-in fonts of PDF know Latin letters only. `y` is the line that letters stand on, from the lower edge. */
function text(
  { document, font }: Sheet,
  face: Face,
  value: string,
  { x, y, size }: { readonly x: number; readonly y: number; readonly size: number },
): void {
  const isLatin = /^[\x20-\x7e\xa0-\xff]*$/.test(value);
  document.font(isLatin ? face : font.bytes).fontSize(size);
  const shown = isLatin
    ? value
    : [...value].map((letter) => (font.draws(letter) ? letter : '\u25a1')).join('');
  document.text(shown, x, PAGE.height - y, { lineBreak: false, baseline: 'alphabetic' });
}

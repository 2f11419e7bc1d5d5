// Figures as CSV (RFC 4180): one line for each group.
import type { Figures } from './figures.js';

const COLUMNS = [
  'runs',
  'boards',
  'passed',
  'failed',
  'reworked',
  'firstPassYield',
  'finalYield',
  'taktMs',
  'boardsPerHour',
  'runMs',
  'alreadyDone',
] as const satisfies readonly (keyof Figures)[];

export function figuresToCsv(groups: ReadonlyMap<string, Figures>): string {
  const rows = [...groups].map(([group, figures]) =>
    [
      csvCell(group),
      ...COLUMNS.map((column) => rounded(figures[column])),
      figures.failures[0]?.code ?? '',
    ].join(','),
  );
  return `${[`group,${COLUMNS.join(',')},topFailure`, ...rows].join('\r\n')}\r\n`;
}

/** More digits say nothing of a line. */
function rounded(value: number | undefined): string {
  return value === undefined ? '' : String(Math.round(value * 1000) / 1000);
}

/** A cell that begins like a formula would be run as one by a spreadsheet. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

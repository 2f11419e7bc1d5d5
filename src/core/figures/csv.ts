// Figures as CSV (RFC 4180): one line for each group.
import { csvCell } from '../device-table/write.js';
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
